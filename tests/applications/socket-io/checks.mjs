export const command = ["run", "app.mjs"];

const POLL = "/socket.io/?EIO=4&transport=polling";
const SEPARATOR = "\x1e";

async function open({ request }) {
  const answer = await request(`GET ${POLL}`);
  return JSON.parse(answer.text.slice(1));
}

async function poll({ request }, sid) {
  return (await request(`GET ${POLL}&sid=${sid}`)).text.split(SEPARATOR);
}

function post({ request }, sid, body) {
  return request(`POST ${POLL}&sid=${sid}`, {
    body,
    fields: { "content-type": "text/plain;charset=UTF-8" },
  });
}

export const checks = {
  "requests beside it": { send: "GET /", text: "plain" },
  "the handshake by polling": async (client) => {
    const { sid, upgrades, pingInterval } = await open(client);
    client.same([typeof sid, upgrades, pingInterval], ["string", ["websocket"], 25_000]);
  },
  "an event and its answer by polling": async (client) => {
    const { sid } = await open(client);
    client.same((await post(client, sid, "40")).text, "ok");
    const found = await poll(client, sid);
    if (found.length < 2) found.push(...(await poll(client, sid)));
    client.matches(found[0], /^40\{"sid":/, "connect");
    client.same(found[1], '42["welcome","polling"]');
    await post(client, sid, '421["echo","a"]');
    client.same(await poll(client, sid), ['431["echo a"]']);
  },
  "a poll that waits": async (client) => {
    const { sid } = await open(client);
    await post(client, sid, "40");
    const found = await poll(client, sid);
    if (found.length < 2) await poll(client, sid);
    const waiting = poll(client, sid);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await post(client, sid, '42["all","now"]');
    client.same(await waiting, ['42["all","now"]']);
  },
  "by WebSocket alone": async ({ websocket, same, matches }) => {
    const socket = await websocket("/socket.io/?EIO=4&transport=websocket");
    matches(await socket.next(), /^0\{"sid":/, "open");
    socket.send("40");
    matches(await socket.next(), /^40\{"sid":/, "connect");
    same(await socket.next(), '42["welcome","websocket"]');
    socket.send('427["echo","b"]');
    same(await socket.next(), '437["echo b"]');
    socket.destroy();
  },
  "from polling to WebSocket": async (client) => {
    const { sid } = await open(client);
    const socket = await client.websocket(`/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
    socket.send("2probe");
    client.same(await socket.next(), "3probe");
    socket.send("5");
    socket.send("40");
    client.matches(await socket.next(), /^40\{"sid":/, "connect");
    socket.destroy();
  },
  CORS: {
    send: `OPTIONS ${POLL}`,
    with: { fields: { origin: "https://a.example" } },
    status: 204,
    fields: { "access-control-allow-origin": "https://a.example" },
  },
  "a session that is unknown": {
    send: `GET ${POLL}&sid=none`,
    status: 400,
    json: { code: 1, message: "Session ID unknown" },
  },
};
