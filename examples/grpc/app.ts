// A call of gRPC, by hand: a message in a frame, and the status in the trailers. Packages generate what is done here.
//
// howth serve examples/grpc/app.ts, then
// printf '\0\0\0\0\5\x0a\3Ada' | curl --http2-prior-knowledge -H 'content-type: application/grpc' -H 'te: trailers' \
//     --data-binary @- -v --output - http://localhost:3000/greeter.Greeter/Greet

/** A byte that says whether the message is compressed, and four with its length. */
const PREFIX_BYTES = 5;
/** Field 1 of a message, of the kind that has a length. */
const NAME = 0x0a;

const OK = 0;
const INVALID_ARGUMENT = 3;
const UNIMPLEMENTED = 12;

class CallError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export default {
  routes: {
    "/greeter.Greeter/Greet": { POST: greet },
  },
  fetch: () => answered(new Uint8Array(), UNIMPLEMENTED, "no such method"),
} satisfies Howth.ApplicationObject;

async function greet(request: Request): Promise<Response> {
  try {
    const name = nameIn(new Uint8Array(await request.arrayBuffer()));
    return answered(framed(`Hello ${name}`), OK);
  } catch (error) {
    if (error instanceof CallError) return answered(new Uint8Array(), error.status, error.message);
    throw error;
  }
}

/** `message Name { string name = 1; }`, of up to 127 bytes. */
function nameIn(body: Uint8Array): string {
  const [compressed] = body;
  if (body.length < PREFIX_BYTES || compressed !== 0) {
    throw new CallError(INVALID_ARGUMENT, "not a message without compression");
  }
  const message = body.subarray(PREFIX_BYTES);
  if (message.length === 0) return "nobody";
  const [field, length] = message;
  if (field !== NAME || length !== message.length - 2 || length > 127) {
    throw new CallError(INVALID_ARGUMENT, "not a name");
  }
  return new TextDecoder().decode(message.subarray(2));
}

/** The same message with this text, in its frame. */
function framed(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  const length =
    bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
  const message = [NAME, ...length, ...bytes];
  const body = new Uint8Array(PREFIX_BYTES + message.length);
  new DataView(body.buffer).setUint32(1, message.length);
  body.set(message, PREFIX_BYTES);
  return body;
}

function answered(body: Uint8Array<ArrayBuffer>, status: number, message = ""): Response {
  const response = new Response(body, { headers: { "content-type": "application/grpc" } });
  return Howth.setTrailers(response, {
    "grpc-status": String(status),
    "grpc-message": encodeURIComponent(message),
  });
}
