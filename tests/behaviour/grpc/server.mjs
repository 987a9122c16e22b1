// A service by gRPC's protocol over HTTP/2, without generated code: messages are texts.

const HEAD = { headers: { "content-type": "application/grpc" } };
const OK = { "grpc-status": "0" };

function framed(text) {
  const message = new TextEncoder().encode(text);
  const frame = new Uint8Array(5 + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, 5);
  return frame;
}

async function* messages(body) {
  let held = new Uint8Array(0);
  for await (const chunk of body) {
    const joined = new Uint8Array(held.length + chunk.length);
    joined.set(held);
    joined.set(chunk, held.length);
    held = joined;
    while (held.length >= 5) {
      const length = new DataView(held.buffer, held.byteOffset).getUint32(1);
      if (held.length < 5 + length) break;
      yield new TextDecoder().decode(held.subarray(5, 5 + length));
      held = held.slice(5 + length);
    }
  }
}

async function first(body) {
  for await (const message of messages(body)) return message;
}

const methods = {
  async "/test.Texts/Upper"({ body }) {
    return Howth.setTrailers(new Response(framed((await first(body)).toUpperCase()), HEAD), OK);
  },
  async "/test.Texts/Count"({ body }) {
    const count = Number(await first(body));
    async function* all() {
      for (let number = 1; number <= count; number++) yield framed(String(number));
    }
    return Howth.setTrailers(new Response(ReadableStream.from(all()), HEAD), OK);
  },
  async "/test.Texts/Join"({ body }) {
    let joined = "";
    for await (const message of messages(body)) joined += message;
    return Howth.setTrailers(new Response(framed(joined), HEAD), OK);
  },
  "/test.Texts/Echo"({ body }) {
    let count = 0;
    async function* all() {
      for await (const message of messages(body)) {
        count++;
        yield framed(`${message}!`);
      }
    }
    const trailers = () => ({ ...OK, "x-count": String(count) });
    return Howth.setTrailers(new Response(ReadableStream.from(all()), HEAD), trailers);
  },
  "/test.Texts/Fail"() {
    return Howth.setTrailers(new Response(null, HEAD), {
      "grpc-status": "5",
      "grpc-message": "nothing here",
    });
  },
};

export default (request) => methods[new URL(request.url).pathname](request);
