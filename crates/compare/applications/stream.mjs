// As many bytes as the path says, in chunks of 64 KiB, pulled as they are taken.
import { Readable } from "node:stream";

const CHUNK = new Uint8Array(64 * 1024).fill(120);

function* chunks(bytes) {
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
  }
}

export default function (request) {
  const parts = chunks(Number(new URL(request.url).pathname.slice(1)));
  return new Response(
    new ReadableStream({
      pull(controller) {
        const { value, done } = parts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    }),
  );
}

export function node(request, response) {
  Readable.from(chunks(Number(request.url.slice(1)))).pipe(response);
}
