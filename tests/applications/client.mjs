// The client of scripts/compatibility: requests by node:http, bytes as they are, and a WebSocket by hand (RFC 6455), so that
// no package stands between a check and what came back.

import { createHash, randomBytes } from "node:crypto";
import http from "node:http";
import net from "node:net";
import { isDeepStrictEqual } from "node:util";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const SAID_MAX = 3_000;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Throws unless both are deeply the same. */
export function same(found, wanted, what = "found") {
  if (!isDeepStrictEqual(found, wanted)) {
    throw new Error(`${what}: ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
  }
}

/** Throws unless a text has what is wanted: all of it, what a RegExp finds, or nothing at all (null). */
export function matches(found, wanted, what) {
  const isRight =
    wanted instanceof RegExp ? wanted.test(found ?? "") : (found ?? null) === (wanted ?? null);
  if (!isRight)
    throw new Error(`${what}: ${JSON.stringify(found)?.slice(0, 300)}, wanted ${wanted}`);
}

/** A request's fields and body out of a short form: `body`, `json`, `form` or `parts`. */
function bodyOf({ body, json, form, parts }) {
  if (json !== undefined) return ["application/json", JSON.stringify(json)];
  if (form !== undefined) {
    return ["application/x-www-form-urlencoded", new URLSearchParams(form).toString()];
  }
  if (parts !== undefined) return multipart(parts);
  return [undefined, body];
}

/** Fields of a form, and files (`{ name, type, content }`), as a browser sends them. */
function multipart(parts) {
  const boundary = "part-of-a-check";
  const lines = Object.entries(parts).map(([field, value]) => {
    const file = typeof value === "object" ? `; filename="${value.name}"` : "";
    const type = typeof value === "object" ? `\r\nContent-Type: ${value.type}` : "";
    const content = typeof value === "object" ? value.content : value;
    return `--${boundary}\r\nContent-Disposition: form-data; name="${field}"${file}${type}\r\n\r\n${content}\r\n`;
  });
  return [`multipart/form-data; boundary=${boundary}`, `${lines.join("")}--${boundary}--\r\n`];
}

function answerOf(message, chunks) {
  const bytes = Buffer.concat(chunks);
  return {
    status: message.statusCode,
    fields: message.headers,
    trailers: message.trailers,
    bytes,
    chunks: chunks.length,
    text: bytes.toString(),
    get json() {
      return JSON.parse(this.text);
    },
    /** What a browser would send back. */
    get cookies() {
      return (message.headers["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0]).join("; ");
    },
  };
}

export function makeClient(port, output) {
  /** `request("POST /path", { fields, json })`: the whole answer. */
  function request(line, given = {}) {
    const [method, path] = line.split(" ");
    const [type, body] = bodyOf(given);
    const headers = { ...given.fields };
    if (type !== undefined) headers["content-type"] ??= type;
    if (body !== undefined && headers["transfer-encoding"] === undefined) {
      headers["content-length"] = Buffer.byteLength(body);
    }
    return new Promise((resolve, reject) => {
      const { agent = false } = given;
      const sent = http.request({ host: "127.0.0.1", port, method, path, headers, agent });
      sent.on("error", reject);
      sent.on("response", (message) => {
        const chunks = [];
        message.on("data", (chunk) => chunks.push(chunk));
        message.on("error", reject);
        message.on("end", () => resolve(answerOf(message, chunks)));
      });
      sent.end(body);
    });
  }

  /** Sends text as it is, `then` once something has come, and gives all that comes until the server ends the connection. */
  function raw(text, then) {
    return new Promise((resolve, reject) => {
      let found = "";
      const socket = net.connect(port, "127.0.0.1", () => socket.write(text));
      socket.setEncoding("latin1");
      socket.on("data", (part) => {
        if (found === "" && then !== undefined) socket.write(then);
        found += part;
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(found));
    });
  }

  /** Waits until the program has written something. */
  async function said(wanted) {
    const end = Date.now() + SAID_MAX;
    while (!wanted.test(output())) {
      if (Date.now() > end) throw new Error(`${wanted} was not said: ${output().slice(-500)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  return {
    port,
    request,
    said,
    raw,
    same,
    matches,
    websocket: (path, fields) => connect(port, path, fields),
  };
}

/** A check is a function, or a request and what has to come back. */
export async function runCheck(client, check) {
  if (typeof check === "function") return await check(client);
  const answer = await client.request(check.send, check.with);
  const { status = 200, fields = {}, text, json } = check;
  same(answer.status, status, `status (${answer.text.slice(0, 300)})`);
  for (const [name, wanted] of Object.entries(fields)) {
    matches(answer.fields[name]?.toString(), wanted, name);
  }
  if (text !== undefined) matches(answer.text, text, "body");
  if (json !== undefined) same(answer.json, json, "body");
}

/** The client's end of a WebSocket: `send(text or bytes)`, `await next()`, `close()`. */
class WebSocketClient {
  #socket;
  #received;
  #messages = [];
  #waiting = [];

  constructor(socket, head, fields) {
    this.#socket = socket;
    this.#received = head;
    this.fields = fields;
    socket.on("data", (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#read();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#give(null));
    this.#read();
  }

  send(message) {
    const isText = typeof message === "string";
    this.#frame(isText ? TEXT : BINARY, Buffer.from(message));
  }

  ping(text) {
    this.#frame(PING, Buffer.from(text));
  }

  /** The next message: a text, bytes, `{ pong }`, `{ code }` at the end; null when the connection is gone. */
  next() {
    if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(code = 1000) {
    this.#frame(CLOSE, Buffer.from([code >> 8, code & 255]));
  }

  destroy() {
    this.#socket.destroy();
  }

  #give(message) {
    if (this.#waiting.length > 0) this.#waiting.shift()(message);
    else this.#messages.push(message);
  }

  #frame(kind, payload) {
    const { length } = payload;
    const head =
      length < 126
        ? Buffer.from([0x80 | kind, 0x80 | length])
        : Buffer.from([0x80 | kind, 0x80 | 126, length >> 8, length & 255]);
    const mask = randomBytes(4);
    const masked = payload.map((byte, at) => byte ^ mask[at % 4]);
    this.#socket.write(Buffer.concat([head, mask, masked]));
  }

  #read() {
    for (;;) {
      const bytes = this.#received;
      if (bytes.length < 2) return;
      let length = bytes[1] & 127;
      let at = 2;
      if (length === 126) {
        if (bytes.length < 4) return;
        length = bytes.readUInt16BE(2);
        at = 4;
      }
      if (bytes.length < at + length) return;
      const payload = bytes.subarray(at, at + length);
      this.#received = bytes.subarray(at + length);
      this.#message(bytes[0] & 15, payload);
    }
  }

  #message(kind, payload) {
    if (kind === TEXT) this.#give(payload.toString());
    else if (kind === BINARY) this.#give(payload);
    else if (kind === PONG) this.#give({ pong: payload.toString() });
    else if (kind === CLOSE) this.#give({ code: payload.readUInt16BE(0) });
  }
}

function connect(port, path, fields = {}) {
  const key = randomBytes(16).toString("base64");
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  return new Promise((resolve, reject) => {
    const sent = http.request({
      host: "127.0.0.1",
      port,
      path,
      agent: false,
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": key,
        ...fields,
      },
    });
    sent.on("error", reject);
    sent.on("response", (answer) => {
      answer.resume();
      reject(new Error(`the handshake is answered with ${answer.statusCode}`));
    });
    sent.on("upgrade", (answer, socket, head) => {
      if (answer.headers["sec-websocket-accept"] !== accept) {
        socket.destroy();
        reject(new Error("the handshake's key is answered wrongly"));
      } else resolve(new WebSocketClient(socket, head, answer.headers));
    });
    sent.end();
  });
}
