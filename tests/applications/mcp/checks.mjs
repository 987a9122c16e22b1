export const command = ["run", "app.mjs"];

const ACCEPT = { accept: "application/json, text/event-stream" };

// The messages of a stream of events.
const messagesOf = ({ text }) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice("data: ".length)));

async function open({ request }) {
  const params = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "a check", version: "1" },
  };
  const answer = await request("POST /mcp", {
    fields: ACCEPT,
    json: { jsonrpc: "2.0", id: 1, method: "initialize", params },
  });
  const fields = { ...ACCEPT, "mcp-session-id": answer.fields["mcp-session-id"] };
  const told = await request("POST /mcp", {
    fields,
    json: { jsonrpc: "2.0", method: "notifications/initialized" },
  });
  const call = (method, params) =>
    request("POST /mcp", { fields, json: { jsonrpc: "2.0", id: 2, method, params } });
  return { answer, told, call, fields };
}

export const checks = {
  "a session": async (client) => {
    const { answer, told } = await open(client);
    client.same(
      [answer.status, messagesOf(answer)[0].result.serverInfo],
      [200, { name: "sums", version: "1.0.0" }],
    );
    client.same([told.status, told.text], [202, ""]);
  },
  "the list of tools": async (client) => {
    const { call } = await open(client);
    const { tools } = messagesOf(await call("tools/list"))[0].result;
    client.same(
      tools.map(({ name }) => name),
      ["add", "count"],
    );
  },
  "a call": async (client) => {
    const { call } = await open(client);
    const answer = await call("tools/call", { name: "add", arguments: { a: 1, b: 2 } });
    client.matches(answer.fields["content-type"], "text/event-stream", "content-type");
    client.same(messagesOf(answer)[0].result.content, [{ type: "text", text: "3" }]);
  },
  "a call that tells how far it is": async (client) => {
    const { call } = await open(client);
    const messages = messagesOf(await call("tools/call", { name: "count", arguments: {} }));
    client.same(
      messages.slice(0, 3).map(({ params }) => params.data),
      ["step 1", "step 2", "step 3"],
    );
    client.same(messages[3].result.content[0].text, "done");
  },
  "the end of a session": async (client) => {
    const { call, fields } = await open(client);
    client.same((await client.request("DELETE /mcp", { fields })).status, 200);
    client.same((await call("tools/list")).status, 404);
  },
  "a client that takes no events": {
    send: "POST /mcp",
    with: {
      json: {
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: {
          protocolVersion: "2025-06-18",
          capabilities: {},
          clientInfo: { name: "a", version: "1" },
        },
      },
      fields: { accept: "text/html" },
    },
    status: 406,
  },
};
