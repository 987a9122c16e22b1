// What stands behind a Request or Response that a program constructed.
//
// Kept as it came: a body of text or bytes makes no stream and no InnerBody, fields no pairs, until somebody asks.
// Deno's code reads `body` and `headerList` as of an inner request or response of its own.

import { core, primordials } from "ext:core/mod.js";
import { isLargeBlob, streamOfBlob, streamOfIterable } from "ext:howth/web/chunk.js";
import { FieldList, fieldName } from "ext:howth/web/fields.js";
import { privateSymbol } from "ext:howth/web/interface.js";

const {
  ArrayBufferPrototype,
  ArrayBufferPrototypeGetByteLength,
  ObjectPrototypeIsPrototypeOf,
  ObjectSetPrototypeOf,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  Uint8Array,
} = primordials;

const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { extractBody, InnerBody } = core.loadExtScript("ext:deno_fetch/22_body.js");

const CONTENT_TYPE = fieldName("Content-Type");
const TEXT_TYPE = "text/plain;charset=UTF-8";

const { ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");

const sample = new ReadableStream({ type: "bytes" });
const controllerKey = privateSymbol(sample, "[[controller]]");
const streamKey = privateSymbol(sample[controllerKey], "[[stream]]");

// V8 allocates every buffer outside of its heap, which takes far longer than copying a few bytes into a shared one.
const POOL_BYTES = 64 * 1024;
const POOLED_BYTES_MAX = 1024;
let pool = null;
let poolUsed = 0;

const toBodyInit = webidl.converters["BodyInit_DOMString?"];

class InnerMessage {
  // A string, or bytes that no program has; null: there is no body, or `body` has it.
  content = null;
  // What the body says of itself where the fields say nothing; null: they do, or nothing does.
  contentType = null;
  // null: none were given, and nobody has asked.
  fields = null;
  #body = null;
  #isSent = false;

  // Takes what `toBody` gave, but null. Throws when it is a stream in use.
  giveBody(given) {
    if (typeof given === "string") {
      this.giveContent(given, TEXT_TYPE);
    } else if (isBytes(given)) {
      this.giveContent(copyOf(given), null);
    } else if (given[webidl.AsyncSequence] === webidl.AsyncSequence) {
      this.#body = new InnerBody(streamOfIterable(given.value));
    } else {
      const { body, contentType } = extractBody(given);
      const { source } = body;
      if (typeof source === "string" || isBytes(source)) {
        this.giveContent(source, contentType);
      } else {
        if (isLargeBlob(source)) body.streamOrStatic = streamOfBlob(source);
        this.#body = body;
        this.#giveType(contentType);
      }
    }
  }

  giveContent(content, contentType) {
    this.content = content;
    this.#giveType(contentType);
  }

  #giveType(contentType) {
    if (this.fields === null || this.fields.header("content-type") === null) {
      this.contentType = contentType;
    }
  }

  get body() {
    const { content } = this;
    if (content !== null) {
      this.content = null;
      this.#body = innerBody(typeof content === "string" ? content : unpooled(content));
    } else if (this.#isSent && this.#body === null) {
      this.#body = new InnerBody({ body: "", consumed: true });
    }
    return this.#body;
  }

  set body(body) {
    this.content = null;
    this.#body = body;
  }

  // Gives the content to be sent, after which the body counts as used; null: the body is another, or there is none.
  takeContent() {
    const { content } = this;
    if (content !== null) {
      this.content = null;
      this.#isSent = true;
    }
    return content;
  }

  get isUsed() {
    return this.content === null && (this.body?.consumed() ?? false);
  }

  // The fields, for somebody who may change them or wants them all.
  openFields() {
    this.fields ??= new FieldList([]);
    if (this.contentType !== null) {
      const type = this.contentType;
      this.contentType = null;
      if (this.fields.flat === null) this.fields.headerList.push([CONTENT_TYPE.written, type]);
      else this.fields.append(CONTENT_TYPE, type);
    }
    return this.fields;
  }

  get headerList() {
    return this.openFields().headerList;
  }

  // Makes `copy` say the same. The body has to be usable.
  copyTo(copy) {
    const { content } = this;
    copy.contentType = this.contentType;
    copy.fields =
      this.fields === null ? null : new FieldList(this.fields.copy(), this.fields.isDecoded);
    if (content !== null) {
      copy.content = typeof content === "string" ? content : copyOf(content);
    } else if (this.#body !== null) {
      copy.body = this.#body.clone();
    }
  }
}

// Converts a BodyInit as Web IDL does, but for copying it.
function toBody(value, prefix) {
  return typeof value === "string" || isUnsharedBytes(value)
    ? value
    : toBodyInit(value, prefix, "Argument 1");
}

function isBytes(value) {
  return TypedArrayPrototypeGetSymbolToStringTag(value) === "Uint8Array";
}

function isUnsharedBytes(value) {
  return (
    isBytes(value) &&
    ObjectPrototypeIsPrototypeOf(ArrayBufferPrototype, TypedArrayPrototypeGetBuffer(value))
  );
}

function copyOf(bytes) {
  const length = TypedArrayPrototypeGetByteLength(bytes);
  if (length === 0 || length > POOLED_BYTES_MAX) return TypedArrayPrototypeSlice(bytes);
  if (pool === null || poolUsed + length > POOL_BYTES) {
    pool = new Uint8Array(POOL_BYTES);
    poolUsed = 0;
  }
  const copy = new Uint8Array(TypedArrayPrototypeGetBuffer(pool), poolUsed, length);
  TypedArrayPrototypeSet(pool, bytes, poolUsed);
  poolUsed += length;
  return copy;
}

// The bytes in a buffer of their own: a program that gets them gets their buffer as well.
function unpooled(bytes) {
  const length = ArrayBufferPrototypeGetByteLength(TypedArrayPrototypeGetBuffer(bytes));
  return length === TypedArrayPrototypeGetByteLength(bytes)
    ? bytes
    : TypedArrayPrototypeSlice(bytes);
}

function innerBody(content) {
  const body = new WholeBody({ body: content, consumed: false });
  body.source = content;
  if (typeof content !== "string") body.length = TypedArrayPrototypeGetByteLength(content);
  return body;
}

// A body that is there as a whole, whose stream is one of bytes, as the Fetch standard has it: Deno's is not.
class WholeBody extends InnerBody {
  get stream() {
    const before = this.streamOrStatic;
    // Deno's code knows this stream again, so that a body that is passed on has its length.
    const stream = super.stream;
    if (stream !== before && !before.consumed) giveBytes(stream, before.body);
    return stream;
  }

  clone() {
    return ObjectSetPrototypeOf(super.clone(), WholeBody.prototype);
  }

  createProxy() {
    return ObjectSetPrototypeOf(super.createProxy(), WholeBody.prototype);
  }
}

// Makes a stream that nobody has read from one of the bytes of `content`: it changes its controller with another.
function giveBytes(stream, content) {
  const other = new ReadableStream(
    {
      type: "bytes",
      pull(controller) {
        // A copy, since the stream takes the memory it is given.
        const bytes =
          typeof content === "string" ? core.encode(content) : TypedArrayPrototypeSlice(content);
        if (TypedArrayPrototypeGetByteLength(bytes) > 0) controller.enqueue(bytes);
        controller.close();
        controller.byobRequest?.respond(0);
      },
    },
    { highWaterMark: 0 },
  );
  const controller = stream[controllerKey];
  stream[controllerKey] = other[controllerKey];
  stream[controllerKey][streamKey] = stream;
  other[controllerKey] = controller;
  controller[streamKey] = other;
}

export { InnerMessage, toBody, WholeBody };
