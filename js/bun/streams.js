// Bun.readableStreamToText and the like, and the methods that Bun's streams have.
//
// Never looks at where a stream comes from. Called by: namespace.js, file.js and spawn.js.

import { core } from "ext:core/mod.js";
import { joined, neededBytes } from "ext:howth/bun/parts.js";

const { ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");

async function toArray(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function toBytes(stream) {
  const chunks = await toArray(stream);
  return joined(chunks.map((chunk) => neededBytes(chunk, "A stream that is read as bytes")));
}

async function toArrayBuffer(stream) {
  return (await toBytes(stream)).buffer;
}

async function toText(stream) {
  return core.decode(await toBytes(stream));
}

async function toJSON(stream) {
  return JSON.parse(await toText(stream));
}

async function toBlob(stream) {
  return new Blob([await toBytes(stream)]);
}

async function toFormData(stream, boundary) {
  const type =
    boundary === undefined
      ? "application/x-www-form-urlencoded"
      : `multipart/form-data; boundary=${boundary}`;
  return new Response(await toBytes(stream), { headers: { "content-type": type } }).formData();
}

// Gives streams the methods that Bun's have.
function extendStreams() {
  const readers = { blob: toBlob, bytes: toBytes, json: toJSON, text: toText };
  for (const [name, read] of Object.entries(readers)) {
    Object.defineProperty(ReadableStream.prototype, name, {
      configurable: true,
      value() {
        return read(this);
      },
      writable: true,
    });
  }
}

export { extendStreams, toArray, toArrayBuffer, toBlob, toBytes, toFormData, toJSON, toText };
