// Server-sent events by hand, with streams of the platform: for Bun, Deno and howth.

const listeners = new Set();
const encoder = new TextEncoder();

function listen() {
  let own;
  const stream = new ReadableStream({
    start(controller) {
      own = controller;
      // Bun sends the head with the first of the body.
      own.enqueue(encoder.encode(":\n"));
      listeners.add(controller);
    },
    cancel() {
      listeners.delete(own);
    },
  });
  const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
  return new Response(stream, { headers });
}

function publish() {
  const data = { symbol: "ABC", price: Math.random(), at: Date.now(), note: "x".repeat(60) };
  const bytes = encoder.encode(`event: price\ndata: ${JSON.stringify(data)}\n\n`);
  for (const listener of listeners) listener.enqueue(bytes);
  return new Response(String(listeners.size));
}

function fetch(request) {
  return request.url.endsWith("/listen") ? listen() : publish();
}

const port = Number(process.env.PORT);
if (globalThis.Bun !== undefined) Bun.serve({ port, idleTimeout: 0, fetch });
else if (globalThis.Howth !== undefined) Howth.serve({ port, fetch });
else Deno.serve({ port, onListen() {} }, fetch);
