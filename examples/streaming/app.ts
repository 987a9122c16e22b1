// A response that is written while it is read, a request body that is never held whole, server-sent events.

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/events") return events(request.signal);
    if (pathname === "/count" && request.method === "POST") return count(request.body);
    if (pathname === "/upper" && request.method === "POST") return upper(request.body);
    return new Response("GET /events, POST /count, POST /upper\n", { status: 404 });
  },
} satisfies Howth.ApplicationObject;

/** One event a second until the client goes away, which aborts the request's signal. */
function events(signal: AbortSignal): Response {
  let timer: ReturnType<typeof setInterval>;
  const stream = new ReadableStream<string>({
    start(controller) {
      let count = 0;
      const send = () => controller.enqueue(`data: ${++count}\n\n`);
      send();
      timer = setInterval(send, 1000);
      signal.addEventListener("abort", () => clearInterval(timer));
    },
    cancel: () => clearInterval(timer),
  });
  return new Response(stream.pipeThrough(new TextEncoderStream()), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

/** Adds up a body of any size in the memory of one chunk. */
async function count(body: ReadableStream<Uint8Array> | null): Promise<Response> {
  let bytes = 0;
  if (body) for await (const chunk of body) bytes += chunk.byteLength;
  return Response.json({ bytes });
}

/** Answers with the body in capitals; the client's upload goes only as fast as it reads the answer. */
function upper(body: ReadableStream<Uint8Array> | null): Response {
  if (!body) return new Response(null, { status: 204 });
  const capitals = new TransformStream<string, string>({
    transform: (text, controller) => controller.enqueue(text.toUpperCase()),
  });
  return new Response(
    body
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      .pipeThrough(capitals)
      .pipeThrough(new TextEncoderStream()),
    { headers: { "content-type": "text/plain; charset=utf-8" } },
  );
}
