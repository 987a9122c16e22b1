// What all cores have in common: a count, a limit of requests, and a chat whose lines reach every client.

type Line = { name: string; text: string };
type Listener = ReadableStreamDefaultController<string>;

const LINES_PER_MINUTE = 20;
/** Lines that a slow client may be behind. */
const BEHIND_MAX = 100;

const { kv } = Howth;

/** The clients of this core; the topic brings lines from the others. */
const listeners = new Set<Listener>();

Howth.subscribe("chat", ({ name, text }: Line) => {
  for (const listener of listeners) {
    if ((listener.desiredSize ?? 0) < -BEHIND_MAX) {
      listeners.delete(listener);
      listener.close();
    } else {
      listener.enqueue(`data: ${name}: ${text}\n\n`);
    }
  }
});

export default {
  routes: {
    "/visits": () => Response.json({ visits: kv.increment("visits") }),
    "/chat": {
      GET: listen,
      POST: async (request, server) => {
        const { name, text } = (await request.json()) as Line;
        const address = server.requestIP(request)?.address ?? "local";
        if (kv.increment(`lines:${address}`, 1, { ttl: 60_000 }) > LINES_PER_MINUTE) {
          return new Response("Wait a moment.\n", { status: 429 });
        }
        server.publish("chat", { name, text: text.replaceAll(/\s+/g, " ") });
        return new Response(null, { status: 204 });
      },
    },
  },
} satisfies Howth.ApplicationObject;

function listen(request: Request): Response {
  const stream = new ReadableStream<string>({
    start(listener) {
      listeners.add(listener);
      listener.enqueue(": welcome\n\n");
      request.signal.addEventListener("abort", () => listeners.delete(listener));
    },
  });
  return new Response(stream.pipeThrough(new TextEncoderStream()), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}
