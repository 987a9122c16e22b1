// What must compile, and what must not, against howth.d.ts. Never run: `npx -p typescript tsc -p examples`.

import { EventChannel, type EventStream, eventStream } from "howth:http";

export default {
  port: 8080,
  fetch(request, server, context) {
    context.waitUntil(Promise.resolve());
    server.timeout(request, 10);
    const address: { address: string; family: "IPv4" | "IPv6"; port: number } | null =
      server.requestIP(request);
    const { remoteAddr } = server;
    return Response.json({
      address,
      host: remoteAddr.transport === "tcp" ? remoteAddr.hostname : remoteAddr.path,
    });
  },
  error: (error) => new Response(String(error), { status: 500 }),
} satisfies Howth.Application;

// WebSockets.
export const chat = {
  fetch(request, server) {
    if (server.upgrade(request, { data: { name: "Ada" }, headers: { "x-a": "b" } })) return;
    return new Response(String(server.pendingWebSockets + server.subscriberCount("room")));
  },
  websocket: {
    maxPayloadLength: 1024,
    open(socket) {
      socket.subscribe("room");
    },
    message(socket: Howth.ServerWebSocket<{ name: string }>, message) {
      const sent: number = socket.send(message);
      socket.publish("room", `${socket.data.name} ${sent}`, true);
    },
    close: (socket, code, reason) => console.log(socket.readyState, code, reason),
  },
} satisfies Howth.Application;
Howth.serve((request) => {
  const answer: Response = Howth.setTrailers(new Response("a"), () => ({ "x-sum": "1" }));
  const sum: string | null = Howth.trailers(request).get("x-sum");
  console.log(answer, sum);
  const { socket, response } = Howth.upgradeWebSocket(request, { protocol: "chat" });
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
});

const bare: Howth.Application = () => new Response();
Howth.serve(bare as Howth.Handler);

// As Deno code writes it.
const deno = Howth.serve(
  {
    port: 0,
    hostname: "127.0.0.1",
    signal: new AbortController().signal,
    onListen: ({ transport }) => transport,
  },
  (_request, info) => new Response(info.remoteAddr.transport),
);
Howth.serve({
  handler: async () => new Response(),
  onError: () => new Response(null, { status: 500 }),
});
await deno.shutdown();
await deno.finished;

// Routes, and the other ways to serve.
const routed = {
  routes: {
    "/": new Response("Hi"),
    "/users/:id": ({ params }) => new Response(params.id),
    "/items": {
      GET: new Response("all"),
      POST: async (request) => new Response(await request.text()),
    },
  },
} satisfies Howth.Application;
Howth.serve({ port: 0, ...routed });
Howth.serveLocal(() => new Response());
Howth.serveBatch({ port: 0, batchSize: 16 }, (req) => {
  return { status: 200, body: req.url };
});
Howth.serveBatch({ port: 0 }, async () => new Response());
Howth.serveArrays({ port: 0, batchSize: 16 }, (requests) =>
  requests.map(({ url }) => ({ status: 200, headers: { "x-url": url }, body: url })),
);
Howth.serveRustOnly({ port: 0, body: "Hi", headers: { "x-a": "b" } });
// @ts-expect-error a route has a method of HTTP
Howth.serve({ routes: { "/": { FETCH: () => new Response() } } });

// As Bun code writes it.
const bun = Howth.serve({
  unix: "/tmp/app.sock",
  fetch: () => new Response("Hi"),
  error: () => new Response(),
});
bun.reload({ fetch: () => new Response("Ho") });
await bun.stop(true);
const pending: number = bun.pendingRequests;
bun.ref();
bun.unref();

{
  await using _scoped = Howth.serve(() => new Response(`${pending}`));
}

// @ts-expect-error a handler answers with a Response
Howth.serve(() => "Hi");
// @ts-expect-error options without a handler serve nothing
Howth.serve({ port: 3000 });
// @ts-expect-error an application needs fetch
export const noFetch: Howth.ApplicationObject = { port: 3000 };

// Howth.kv.
const visits: number = Howth.kv.increment("visits", 1, { ttl: 60_000 });
Howth.kv.set("user", { name: "Ada", seen: new Date(), visits });
const user = Howth.kv.get<{ name: string }>("user");
const entry = Howth.kv.getEntry<string[]>("names");
const stored: boolean = Howth.kv.compareAndSet("names", entry?.version, [user?.name ?? ""]);
Howth.kv.compareAndSet("lock", undefined, stored, { ttl: 1000 });
// @ts-expect-error undefined stands for nothing stored
Howth.kv.set("key", undefined);
// @ts-expect-error there may be nothing
Howth.kv.get<string>("key").length;

// Topics.
using subscription = Howth.subscribe("news", (data: { count: number }, topic) => {
  bun.publish(topic, data.count + subscription.lost);
});
const cores: number = Howth.publish("news", { count: 1 });
bun.subscribe("news", () => {}).unsubscribe();
// @ts-expect-error undefined is no message
Howth.publish("news", cores > 0 ? undefined : cores);

// Server-sent events.
const ticks = new EventChannel({ history: 100, heartbeat: 5, name: "ticks" });
export const listening: Response = ticks.subscribe(new Request("http://a"), { lastEventId: "7" });
const heard: number = ticks.publish({ event: "tick", data: { count: ticks.listeners }, id: 8 });
export const counted = eventStream(
  new Request("http://a"),
  async (stream: EventStream) => {
    for (let count = 0; count < heard && !stream.signal.aborted; count++) {
      if (!stream.send({ data: count, id: `${count}`, retry: 1000 })) await stream.ready;
    }
    stream.comment(stream.lastEventId ?? "");
    const end: Howth.EventStreamEnd = await stream.closed;
    stream.send(end);
  },
  { heartbeat: false, maxBufferedBytes: 4096, headers: { "x-a": "b" } },
);
// @ts-expect-error the type of an event is a text
ticks.publish({ event: 7 });
