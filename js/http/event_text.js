// Server-sent events as text: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6.
//
// Owns what an event may be, and how it is written. Keeps nothing. Called by: event_stream.js and event_channel.js.

import { describe } from "ext:howth/web/chunk.js";

// What ends a line, and what cannot stand in a name: a client would read another field there, or ignore the id.
const LINE_END = /\r\n|\r|\n/;
const LINE_ENDS = /\r\n|\r|\n/g;
const NOT_IN_A_FIELD = /[\r\n\0]/;

// A comment of no text: what keeps a connection from being taken for one that nobody needs.
const HEARTBEAT = ":\n\n";

// The text of what a program sends: a string is the data of an event that has nothing else. `id`: of an event that has none of
// its own; undefined: it stays without.
function eventText(event, id) {
  if (typeof event === "string") return `${idLine(id)}${dataLines(event)}\n`;
  if (typeof event !== "object" || event === null) {
    throw new TypeError(
      `An event must be a text or { event, data, id, retry }, but is ${describe(event)}`,
    );
  }
  const { event: type, data, retry } = event;
  const name = fieldText(type, "event");
  const ownId = fieldText(event.id, "id") ?? id;
  let text = name === undefined || name === "" ? "" : `event: ${name}\n`;
  text += idLine(ownId);
  if (retry !== undefined) text += `retry: ${milliseconds(retry)}\n`;
  if (data !== undefined) text += dataLines(typeof data === "string" ? data : json(data));
  // An event without a line of data is none to a client: who has named one means it.
  else if (name !== undefined) text += "data:\n";
  else if (text === "") throw new TypeError("An event needs event, data, id or retry");
  return `${text}\n`;
}

function idLine(id) {
  return id === undefined ? "" : `id: ${id}\n`;
}

function dataLines(data) {
  return LINE_END.test(data) ? `data: ${data.replace(LINE_ENDS, "\ndata: ")}\n` : `data: ${data}\n`;
}

function json(data) {
  const text = JSON.stringify(data);
  if (text === undefined) {
    throw new TypeError(
      `The data of an event must be a text or become JSON, but is ${describe(data)}`,
    );
  }
  return text;
}

// A number becomes an id as it is written.
function fieldText(value, name) {
  if (value === undefined) return undefined;
  const text = name === "id" && typeof value === "number" ? String(value) : value;
  if (typeof text !== "string") {
    throw new TypeError(`The ${name} of an event must be a text, but is ${describe(value)}`);
  }
  if (NOT_IN_A_FIELD.test(text)) {
    throw new TypeError(`The ${name} of an event has a line break or NUL in it`);
  }
  return text;
}

function milliseconds(retry) {
  if (!Number.isSafeInteger(retry) || retry < 0) {
    throw new TypeError("The retry of an event must be a whole number of milliseconds");
  }
  return retry;
}

// A comment, which clients ignore.
function commentText(text) {
  if (typeof text !== "string") {
    throw new TypeError(`A comment must be a text, but is ${describe(text)}`);
  }
  return `: ${text.replace(LINE_ENDS, "\n: ")}\n\n`;
}

export { commentText, eventText, fieldText, HEARTBEAT };
