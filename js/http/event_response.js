// The response that is a stream of server-sent events, and what its maker is given.
//
// Owns its header fields, its body, and how options are read. Called by: event_stream.js and event_channel.js.

import { core } from "ext:core/mod.js";
import { senderOf } from "ext:howth/web/chunk.js";
import { FieldList, fieldName } from "ext:howth/web/fields.js";
import { servedRequest } from "ext:howth/web/request.js";
import { InnerResponse, responseOver } from "ext:howth/web/response.js";

const { InnerBody } = core.loadExtScript("ext:deno_fetch/22_body.js");
const { Headers } = core.loadExtScript("ext:deno_fetch/20_headers.js");

const CONTENT_TYPE = fieldName("content-type");
const CACHE_CONTROL = fieldName("cache-control");
// What has nginx pass each event on when it comes.
const BUFFERING = fieldName("x-accel-buffering");

const NOT_ASCII = /[\x80-\xff]/;

const HEARTBEAT_SECONDS = 15;
// setInterval counts no further.
const HEARTBEAT_SECONDS_MAX = 24 * 60 * 60;
const BYTES_MAX = 1024 * 1024;
const BYTES_MAX_MOST = 2 ** 31;

// A body that becomes a stream of the platform only where a program asks for one.
class EventBody extends InnerBody {
  constructor(sender) {
    super({ body: "", consumed: false, [senderOf]: sender });
  }

  get stream() {
    const { consumed, [senderOf]: sender } = this.streamOrStatic;
    if (consumed === false && sender !== undefined) this.streamOrStatic = sender.openStream();
    return super.stream;
  }

  consume() {
    return this.stream && super.consume();
  }

  cancel(error) {
    return this.stream && super.cancel(error);
  }

  clone() {
    return this.stream && super.clone();
  }

  createProxy() {
    return this.stream && super.createProxy();
  }
}

// `headers`: what the program sets besides, or in the place of these.
function eventResponse(sender, headers) {
  const inner = new InnerResponse();
  const type = [CONTENT_TYPE, "text/event-stream"];
  inner.fields = new FieldList([...type, CACHE_CONTROL, "no-store", BUFFERING, "no"]);
  inner.body = new EventBody(sender);
  const response = responseOver(inner, "response");
  if (headers !== undefined) {
    const given = new Headers(headers);
    for (const name of new Set([...given.keys()])) response.headers.delete(name);
    for (const [name, value] of given) response.headers.append(name, value);
  }
  return response;
}

// What a client says that it has seen last; null: nothing.
function lastEventIdOf(request, meant) {
  const served = servedRequest(request);
  if (served === null && typeof request?.headers?.get !== "function") {
    throw new TypeError(`${meant}: the first argument must be a Request`);
  }
  const id =
    served === null ? request.headers.get("last-event-id") : served.header("last-event-id");
  // Clients send it in UTF-8; fields are read as Latin-1.
  if (id === null || !NOT_ASCII.test(id)) return id;
  return core.decode(Uint8Array.from(id, (letter) => letter.charCodeAt(0)));
}

function readOptions(options, meant) {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${meant}: the options must be an object`);
  }
  return options;
}

// Seconds; false: no heartbeat.
function readHeartbeat({ heartbeat = HEARTBEAT_SECONDS }, meant) {
  const isRight =
    typeof heartbeat === "number" && heartbeat > 0 && heartbeat <= HEARTBEAT_SECONDS_MAX;
  if (heartbeat === false || isRight) return heartbeat;
  throw new TypeError(`${meant}: heartbeat must be a number of seconds up to a day, or false`);
}

function readBytesMax({ maxBufferedBytes = BYTES_MAX }, meant) {
  if (
    Number.isSafeInteger(maxBufferedBytes) &&
    maxBufferedBytes > 0 &&
    maxBufferedBytes <= BYTES_MAX_MOST
  ) {
    return maxBufferedBytes;
  }
  throw new TypeError(`${meant}: maxBufferedBytes must be a whole number from 1 to 2 GiB`);
}

export { eventResponse, lastEventIdOf, readBytesMax, readHeartbeat, readOptions };
