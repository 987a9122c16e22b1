export const command = ["run", "--require", "./instrumentation.cjs", "app.cjs"];

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const fields = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` };
const SERVER = 1;
const CLIENT = 2;

// A span of the server's ends with its response, which the client may have before: until all are there.
async function spansOf(client, path, count) {
  const { json } = await client.request(`GET ${path}`, { fields });
  const spans = [];
  while (spans.filter(({ kind }) => kind === SERVER).length < count) {
    const found = (await client.request("GET /spans")).json;
    spans.push(...found.filter(({ trace }) => trace === TRACE));
  }
  return { json, spans };
}

export const checks = {
  "a request's span goes on with its client's trace": async (client) => {
    const { json, spans } = await spansOf(client, "/items/7", 1);
    client.same(json.trace, TRACE);
    const { name, route, status } = spans.find(({ kind }) => kind === SERVER);
    client.same([name, route, status], ["GET /items/:id", "/items/:id", 200]);
  },
  "what is within it": async (client) => {
    const { spans } = await spansOf(client, "/items/7", 1);
    client.same(
      spans.map(({ name }) => name).filter((name) => !name.startsWith("GET")),
      ["look up", "request handler"],
    );
  },
  "a request that it makes itself": async (client) => {
    const { json, spans } = await spansOf(client, "/asks", 2);
    client.same(json.trace, TRACE);
    client.same(spans.filter(({ kind }) => kind === CLIENT).length, 1);
  },
};
