// From a request to a WebSocket, of Bun's shape or the Web's.
//
// Called by: the server as programs see it (js/server/facade.js), and Howth.upgradeWebSocket.

import {
  asksForOtherVersion,
  openLink,
  refusalOf,
  refuseOtherVersion,
  watchLink,
} from "ext:howth/sockets/link.js";
import { SocketOptions } from "ext:howth/sockets/options.js";
import { ServerWebSocket } from "ext:howth/sockets/server_socket.js";
import { ServedWebSocket } from "ext:howth/sockets/web_socket.js";
import { readFields } from "ext:howth/web/headers.js";
import { servedRequest } from "ext:howth/web/request.js";
import { Response } from "ext:howth/web/response.js";

const NO_OPTIONS = {};
// As Deno has it.
const WEB_IDLE_SECONDS = 30;

// Errors that say why a request opens no WebSocket.
const refusals = new WeakSet();

// server.upgrade(request, { data, headers }). False: the request asks for no WebSocket, or was answered.
function upgrade(inner, server, options) {
  if (server.sockets === null) {
    throw new TypeError(
      "server.upgrade needs handlers: give the server `websocket: { message(socket, message) {…} }`",
    );
  }
  if (inner === null || inner.isOver) return false;
  const { data, headers } = options ?? NO_OPTIONS;
  let address;
  try {
    address = inner.remoteAddr;
  } catch {
    // The client has left, and nobody had asked to be told.
    return false;
  }
  const agreed = openLink(inner, server.sockets, encoded(headers), true);
  if (agreed === null) return false;
  const socket = new ServerWebSocket(
    inner,
    server,
    data,
    address.transport === "tcp" ? address.hostname : "",
  );
  inner.becomeSocket();
  watchLink(ServerWebSocket.linkOf(socket));
  ServerWebSocket.open(socket);
  return true;
}

function encoded(headers) {
  if (headers === undefined || headers === null) return "";
  const fields = readFields(headers, "server.upgrade", "'headers'");
  fields.throwIfInvalid();
  return fields.encoded();
}

// A WebSocket that is opened when its response is given.
class PendingSocket {
  #inner;
  #options;
  response = new Response(null, { status: 101 });
  socket = new ServedWebSocket();

  constructor(inner, options) {
    this.#inner = inner;
    this.#options = options;
  }

  // `response`: what the handler gave. False: it is not this one's, and the socket will not be opened.
  accept(response) {
    if (response !== this.response && response?.status !== 101) {
      ServedWebSocket.fail(this.socket, "the request was answered otherwise");
      return false;
    }
    let agreed;
    try {
      agreed = openLink(this.#inner, this.#options, encoded(response.headers), false);
    } catch (error) {
      ServedWebSocket.fail(this.socket, "the response cannot be sent");
      throw error;
    }
    if (agreed === null) {
      ServedWebSocket.fail(this.socket, "the client is gone, or has sent a body");
      this.#inner.refuseSocket();
    } else {
      this.#inner.becomeSocket();
      watchLink(ServedWebSocket.open(this.socket, this.#inner, agreed));
    }
    return true;
  }
}

function refused(call, why) {
  const error = new TypeError(`${call}: ${why}`);
  refusals.add(error);
  return error;
}

// What Deno's own upgrade does not look at.
function checkVersion(inner, call) {
  if (asksForOtherVersion(inner)) throw refused(call, refusalOf(inner));
}

// Answers a request whose handler did not catch that it asks for another version than is spoken (RFC 6455 section 4.4);
// whether it is one.
function answersRefusal(error, inner) {
  return inner !== null && refusals.has(error) && refuseOtherVersion(inner);
}

// { socket, response }: the response is to be returned by the handler of the request. Throws a TypeError where the request
// opens no WebSocket. `options`: { protocol, idleTimeout }.
function upgradeWebSocket(request, options = NO_OPTIONS) {
  const call = "Howth.upgradeWebSocket";
  const inner = servedRequest(request);
  if (inner === null) throw new TypeError(`${call}: the request is none that is being served`);
  const refusal = inner.isOver ? "the request was answered already" : refusalOf(inner);
  if (refusal !== "") throw refused(call, refusal);
  const { protocol } = options;
  const pending = new PendingSocket(
    inner,
    // `send` says nothing of a message that is dropped: the socket ends instead.
    new SocketOptions(
      { idleTimeout: options.idleTimeout ?? WEB_IDLE_SECONDS, closeOnBackpressureLimit: true },
      call,
    ),
  );
  if (protocol !== undefined && protocol !== "") {
    const offered = (inner.header("sec-websocket-protocol") ?? "").split(",");
    if (!offered.some((each) => each.trim() === protocol)) {
      throw new TypeError(`${call}: the client does not offer the protocol '${protocol}'`);
    }
    pending.response.headers.set("sec-websocket-protocol", protocol);
  }
  inner.expectSocket(pending);
  return { socket: pending.socket, response: pending.response };
}

export { answersRefusal, checkVersion, upgrade, upgradeWebSocket };
