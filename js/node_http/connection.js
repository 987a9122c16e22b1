// A connection of a server of node:http, and the net.Socket that stands for it.
//
// The engine owns the real one. Owns the answers that are not told of yet, in the order of their requests, and the socket, which
// is made when a program first asks for it. Called by: the server and its exchanges.

import { primordials } from "ext:core/mod.js";
import { WHOLE } from "ext:howth/node_http/answer.js";
import { End } from "ext:howth/node_http/numbers.js";
import { parts } from "ext:howth/node_http/parts.js";
import * as secure from "ext:howth/node_http/secure_socket.js";
import { Handle } from "ext:howth/node_http/socket_handle.js";

const {
  ArrayPrototypeIndexOf,
  ArrayPrototypePush,
  ArrayPrototypeShift,
  ArrayPrototypeSplice,
  MathMax,
  ObjectDefineProperty,
} = primordials;

// How much longer than `keepAliveTimeout` Node waits.
const KEEP_ALIVE_BUFFER_MS = 1000;

// Those of all servers that JavaScript knows, by their slots.
let known = [];

let ops;

function connectOps(bound) {
  ops = bound;
  secure.connectOps(bound);
}

class Connection {
  constructor(server, index, generation) {
    this.server = server;
    this.index = index;
    this.generation = generation;
    // Requests so far, and bytes of answers.
    this.requests = 0;
    this.bytesWritten = 0;
    this.knownBytesRead = 0;
    // Answers that were not told of yet, in the order of their requests.
    this.open = [];
    this.knownSocket = null;
    this.isClosed = false;
    // An answer on it was lost: nobody is there any more, and the engine will say so.
    this.isGone = false;
  }

  // The answer whose turn it is; null: there is none.
  get first() {
    return this.open.length > 0 ? this.open[0] : null;
  }

  add(answer) {
    const { knownSocket, open } = this;
    ArrayPrototypePush(open, answer);
    if (knownSocket === null) return;
    knownSocket._httpMessage = open[0].res;
    const timeout = this.server.node.timeout || 0;
    if (knownSocket.timeout !== timeout) knownSocket.setTimeout(timeout);
    knownSocket._unrefTimer();
  }

  // Bytes that have come; of one that has ended, as many as when something was told of it last.
  get bytesRead() {
    const bytes = ops.op_howth_connection_bytes_read(this.index, this.generation);
    if (bytes >= 0) this.knownBytesRead = bytes;
    return this.knownBytesRead;
  }

  // Tells of the answers at the front that are whole and have gone out.
  tellWhole() {
    const { open } = this;
    if (this.knownSocket !== null) this.knownBytesRead = this.bytesRead;
    while (open.length > 0 && open[0].state === WHOLE && !open[0].isSending) {
      ArrayPrototypeShift(open).queueFinish();
    }
    this.#turn();
  }

  remove(answer) {
    const { open } = this;
    const place = ArrayPrototypeIndexOf(open, answer);
    if (place >= 0) ArrayPrototypeSplice(open, place, 1);
    this.tellWhole();
  }

  // Somebody else's turn has come, or nobody's.
  #turn() {
    const { knownSocket, open } = this;
    if (knownSocket === null) return;
    knownSocket._httpMessage = open.length > 0 ? open[0].res : null;
    knownSocket._httpMessageDetached = true;
    if (open.length > 0) return;
    // What a program has set for a request does not count between requests: the engine's deadline does, unless somebody
    // wants to hear of it.
    const { keepAliveTimeout } = this.server.node;
    const isHeard = keepAliveTimeout > 0 && this.server.node.listenerCount("timeout") > 0;
    const timeout = isHeard ? keepAliveTimeout + KEEP_ALIVE_BUFFER_MS : 0;
    if ((knownSocket.timeout || 0) !== timeout) knownSocket.setTimeout(timeout);
  }

  // Something has happened on it: its time-out counts anew.
  touch() {
    if (this.knownSocket !== null) this.knownSocket._unrefTimer();
  }

  get socket() {
    return this.knownSocket ?? this.makeSocket();
  }

  makeSocket() {
    const { node } = this.server;
    const { index, generation } = this;
    const address = ops.op_howth_connection_address(index, generation) ?? null;
    const options = { allowHalfOpen: true, manualStart: true, highWaterMark: node.highWaterMark };
    const socket = this.server.isSecure
      ? secure.makeSecureSocket(this, address, options)
      : new parts.net.Socket({ handle: new Handle(this, address), ...options });
    this.knownSocket = socket;
    socket.server = node;
    socket.parser = null;
    socket.setEncoding = refuseEncoding;
    socket.resetAndDestroy = resetAndDestroy;
    ObjectDefineProperty(socket, "writableLength", WRITABLE_LENGTH);
    for (const event of EVENTS) socket.on(event, LISTENERS[event]);
    if (node.timeout) socket.setTimeout(node.timeout);
    socket._httpMessage = this.first?.res ?? null;
    const isThere = !this.isGone && ops.op_howth_connection_watch(index, generation);
    if (!this.isClosed && !isThere) this.closed();
    return socket;
  }

  // Its socket, for `clientError`: an error with which the program ends that is told no more.
  socketAtError() {
    const { socket } = this;
    socket.removeListener("error", onError);
    socket.on("error", () => {});
    return socket;
  }

  // From now on its socket is the program's, and speaks another protocol; gives what has come of that.
  changeProtocol(exchange) {
    const { socket } = this;
    for (const event of EVENTS) socket.removeListener(event, LISTENERS[event]);
    delete socket.setEncoding;
    return socket._handle.changeProtocol(exchange);
  }

  // The engine's connection has ended.
  closed() {
    this.isClosed = true;
    this.knownSocket?._handle?.ended();
    this.knownSocket?.destroy();
  }

  // Ends it in one of the ways of `End`; what is not told of yet is lost.
  breakOff(how) {
    if (!this.isClosed) ops.op_howth_connection_end(this.index, this.generation, how);
    const lost = this.open;
    this.open = [];
    for (let i = 0; i < lost.length; i++) lost[i].lose();
  }

  // The same, in Node's way: by the socket, if a program has it.
  destroy(error) {
    if (this.knownSocket !== null && !this.knownSocket.destroyed) this.knownSocket.destroy(error);
    else this.breakOff(End.AT_ONCE);
  }
}

// The connection of a server in a slot; undefined: JavaScript does not know it yet.
function knownConnection(index, generation) {
  const connection = known[index];
  return connection?.generation === generation ? connection : undefined;
}

function remember(connection) {
  known[connection.index] = connection;
}

// One has ended whose socket a program has.
function closed(index, generation) {
  const connection = knownConnection(index, generation);
  if (connection === undefined) return;
  known[index] = undefined;
  connection.closed();
}

// All that are known of a server.
function connectionsOf(server) {
  return known.filter((connection) => connection?.server === server);
}

// A server has ended, and with it its connections.
function forget(server) {
  const its = connectionsOf(server);
  for (const { index } of its) known[index] = undefined;
  if (known.every((connection) => connection === undefined)) known = [];
  for (const connection of its) connection.closed();
}

// One that is ended since there are as many as the program wants.
class DroppedConnection extends Connection {
  closed() {
    if (!this.isClosed) this.server.dropped -= 1;
    super.closed();
  }
}

// What waits in the engine is the socket's as well as what Node's stream holds back; of a tunnel, that is among it.
const WRITABLE_LENGTH = {
  configurable: true,
  get() {
    return MathMax(this._writableState.length, this._handle?.unsentBytes ?? 0);
  },
};

// What Node has on every socket of a server.
const LISTENERS = { timeout: onTimeout, error: onError, close: onClose };
const EVENTS = ["timeout", "error", "close"];

// What Node does with a connection on which nothing has happened for as long as was said.
function onTimeout() {
  const { req, res } = this._handle?.connection.first ?? {};
  const isHeardByRequest = req?.complete === false && req.emit("timeout", this);
  const isHeardByResponse = Boolean(res?.emit("timeout", this));
  const isHeardByServer = this.server.emit("timeout", this);
  if (!isHeardByRequest && !isHeardByResponse && !isHeardByServer) this.destroy();
}

// A socket that a program has ended with an error; it has no other listener for sure.
function onError(error) {
  this.removeListener("error", onError);
  this.on("error", () => {});
  if (!this.server.emit("clientError", error, this)) this.destroy(error);
}

function onClose() {
  this.parser = null;
}

function refuseEncoding() {
  throw new parts.ERR_HTTP_SOCKET_ENCODING();
}

// Deno's own resets what is a handle of its own alone, and ends any other in the ordinary way, with an error.
function resetAndDestroy() {
  if (!this.destroyed) this._reset();
  return this;
}

// Whether a socket is the engine's: nobody else reads requests from it.
function isServed(socket) {
  return socket?._handle instanceof Handle;
}

export {
  Connection,
  closed,
  connectionsOf,
  connectOps,
  DroppedConnection,
  forget,
  isServed,
  KEEP_ALIVE_BUFFER_MS,
  knownConnection,
  remember,
};
