// Responses of other makers than howth's own class: a package's (srvx's and h3's NodeResponse, undici's, a polyfill's), or
// another realm's.
//
// What satisfies the interface, as far as it says what is to be sent, is taken over into a Response. Everything else is
// explained.

import { core } from "ext:core/mod.js";
import { isResponse, Unsendable } from "ext:howth/server/send.js";
import { describe } from "ext:howth/web/chunk.js";
// A package may have put a class of its own in the place of the global one.
import { Response } from "ext:howth/web/response.js";

const { ReadableStream, ReadableStreamPrototype } = core.loadExtScript(
  "ext:deno_web/06_streams.js",
);
const { nullBodyStatus } = core.loadExtScript("ext:deno_fetch/23_response.js");

const isPrototypeOf = Function.prototype.call.bind(Object.prototype.isPrototypeOf);
const SET_COOKIE = "set-cookie";

// What a handler gave, as a Response. Throws when it is none.
async function toResponse(value) {
  if (isResponse(value)) return value;
  let parts;
  try {
    parts = readParts(value);
  } catch (error) {
    // Getters of the platform's class throw for what is no instance of it.
    throw new Unsendable(`${said(value)}, which could not be read: ${error?.message}`);
  }
  const { status, statusText, fields, problem } = parts;
  if (problem !== undefined) throw new Unsendable(`${said(value)}${problem}`);
  const body = parts.bytes === undefined ? parts.body : await parts.bytes();
  return new Response(body, { status, statusText, headers: fields });
}

function said(value) {
  return `The handler must return a Response (or a promise of one), but returned ${describe(value)}`;
}

// Whether a value has what a Response has and a plain object has not.
function looksLikeResponse(value) {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof value.status === "number" &&
    typeof value.text === "function" &&
    typeof value.headers === "object"
  );
}

// The body is read first: some classes make up their mind about the headers then.
function readParts(value) {
  if (typeof value !== "object" || value === null) return { problem: "" };
  const { body } = value;
  const { status, headers } = value;
  const statusText = optional(value, "statusText") ?? "";
  if (optional(value, "type") === "error") return { problem: ": an error, which cannot be sent" };
  if (typeof status !== "number" || typeof headers !== "object" || headers === null) {
    return { problem: advice(value) };
  }
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    return { problem: ` with the status ${status}, which is not one from 200 to 599` };
  }
  if (optional(value, "bodyUsed") === true) {
    return {
      problem: " whose body was used already; make a new one for each request, or clone() it",
    };
  }
  const pairs = pairsOf(headers);
  // What was fetched has been decoded on the way, by all that fetch.
  const isFetched = body !== null && (optional(value, "url") ?? "") !== "";
  const isDecoded = isFetched && pairs.some(([name]) => name.toLowerCase() === "content-encoding");
  const fields = isDecoded ? pairs.filter((pair) => !isOfEncoding(pair)) : pairs;
  const found = { status, statusText: String(statusText), fields };
  if (nullBodyStatus(status)) {
    body?.cancel?.()?.catch?.(() => {});
    return { ...found, body: null };
  }
  return { ...found, ...readBody(value, body) };
}

// What not all have: those that have the platform's prototype, and no member of their own, throw.
function optional(value, name) {
  try {
    return value[name];
  } catch {
    return undefined;
  }
}

function isOfEncoding([name]) {
  const lower = name.toLowerCase();
  return lower === "content-encoding" || lower === "content-length";
}

// What stands behind a value that says too little to be a Response.
function advice(value) {
  const name = value.constructor?.name ?? "";
  if (typeof value.writeHead === "function" || typeof value.setHeader === "function") {
    return ", a response of node:http; an application for node:http listens itself: start it with `howth run`";
  }
  if (!name.endsWith("Response")) return "";
  return ", which has not what a Response has (status, headers, body); import the entry of the package that is for the Web platform, such as h3/generic or srvx/generic";
}

function readBody(value, body) {
  if (body === null) return { body };
  if (isPrototypeOf(ReadableStreamPrototype, body) || isWhole(body)) return { body };
  if (typeof body?.getReader === "function") return { body: streamOver(body) };
  if (typeof body?.[Symbol.asyncIterator] === "function")
    return { body: ReadableStream.from(body) };
  if (typeof value.arrayBuffer === "function") return { bytes: () => value.arrayBuffer() };
  if (typeof value.text === "function") return { bytes: () => value.text() };
  return body === undefined
    ? { body: null }
    : { problem: ` whose body is ${describe(body)}, which cannot be read` };
}

function isWhole(body) {
  return typeof body === "string" || ArrayBuffer.isView(body) || core.isAnyArrayBuffer(body);
}

// The stream of another implementation as one of the platform's own.
function streamOver(foreign) {
  const reader = foreign.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

// Header fields of whatever can be gone through, a set-cookie each by itself.
function pairsOf(headers) {
  const pairs = [];
  const add = (name, value) => {
    for (const each of Array.isArray(value) ? value : [value]) {
      pairs.push([String(name), String(each)]);
    }
  };
  if (typeof headers[Symbol.iterator] === "function") {
    for (const [name, value] of headers) add(name, value);
  } else if (typeof headers.forEach === "function") {
    headers.forEach((value, name) => {
      add(name, value);
    });
  } else {
    for (const [name, value] of Object.entries(headers)) add(name, value);
  }
  // Some join them with commas when they are gone through, which is never right.
  const cookies = typeof headers.getSetCookie === "function" ? headers.getSetCookie() : [];
  if (cookies.length < 2) return pairs;
  const others = pairs.filter(([name]) => name.toLowerCase() !== SET_COOKIE);
  return [...others, ...cookies.map((cookie) => [SET_COOKIE, cookie])];
}

export { looksLikeResponse, toResponse };
