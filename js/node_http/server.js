// A server of node:http on the engine: what becomes of requests, of connections, and of what is neither.
//
// Owns the connections that JavaScript knows. Called by: the dispatch (js/server/server.js); listen.js makes it.

import { core } from "ext:core/mod.js";
import { MAX_HEADER_SIZE, numberGiven } from "ext:howth/node/options.js";
import * as answers from "ext:howth/node_http/answer.js";
import * as connections from "ext:howth/node_http/connection.js";
import { Exchange } from "ext:howth/node_http/exchange.js";
import { kExchange, makeRequestOf } from "ext:howth/node_http/incoming.js";
import { Deadline, End, Fact } from "ext:howth/node_http/numbers.js";
import { parts } from "ext:howth/node_http/parts.js";
import * as refusals from "ext:howth/node_http/refusals.js";
import { METHODS } from "ext:howth/server/numbers.js";
import { keepAlive, numberOf } from "ext:howth/server/server.js";

const { KEEP_ALIVE_BUFFER_MS } = connections;
const { reportException } = core.loadExtScript("ext:deno_web/02_event.js");
const { HTTP_1_0, KEEPS_ALIVE, EXPECTS_CONTINUE, EXPECTS_OTHER, HAS_BODY, SWITCHES } = Fact;

// Where a request's numbers stand in its event.
const METHOD = 3;
const METHOD_LENGTH = 4;
const TARGET_LENGTH = 5;
const CONNECTION = 6;
const CONNECTION_GENERATION = 7;
const FACTS = 8;

// Node waits a second longer than it says (https://nodejs.org/api/http.html#serverkeepalivetimeoutbuffer), and then tells who
// listens for `timeout`: the engine waits longer than both.
const KEEP_ALIVE_DEADLINE_BUFFER_MS = 2 * KEEP_ALIVE_BUFFER_MS;

// Where a server without a host listens. The second is for a machine without IPv6.
const ALL_ADDRESSES = ["::", "0.0.0.0"];

const kServer = Symbol("server");
const kHasEnded = Symbol("hasEnded");

let ops;

function connectOps(bound) {
  ops = bound;
  connections.connectOps(bound);
  answers.connectOps(bound);
  refusals.connectOps(bound);
}

// One server that listens; Node's object is `node`.
class EngineServer {
  // Whether it may serve connections that another process has accepted.
  static takesHanded = true;

  // What `occupy` is told of TLS; undefined: that cannot be had of the engine. A program that has taken Node's own listener for
  // connections away reads from them itself.
  static tlsOf(node) {
    return node.listeners("connection").includes(parts.connectionListener) ? null : undefined;
  }

  tellsOpened = false;
  // What the engine calls it.
  listener = -1;
  // Its clients speak TLS.
  isSecure = false;
  // Connections that were dropped and have not ended yet.
  dropped = 0;
  listening = new ListeningHandle(this);
  #deadlines = "";

  constructor(node) {
    this.node = node;
  }

  listens(address) {
    this.address = address;
    this.isSecure = address.secure;
    this.isUnspecified = ALL_ADDRESSES.includes(address.ip);
    const { listener } = this;
    ops.op_howth_encode(listener);
    const { maxHeadersCount, maxHeaderSize, requireHostHeader } = this.node;
    ops.op_howth_set_head_limits(
      listener,
      maxHeaderSize || numberGiven(MAX_HEADER_SIZE) || 0,
      maxHeadersCount > 0 ? maxHeadersCount : 0,
      requireHostHeader !== false,
    );
    this.setDeadlines();
  }

  // The program closes it; what was begun goes on.
  stopListening() {
    const { node } = this;
    node._handle = null;
  }

  // An address as Node writes it: that of a client by IPv4 on a socket of both families is one of IPv6.
  written(address) {
    const isV6 = address.includes(":");
    if (!isV6 && this.address.ip?.includes(":")) {
      return { address: `::ffff:${address}`, family: "IPv6" };
    }
    return { address, family: isV6 ? "IPv6" : "IPv4" };
  }

  // Programs may change them at any time.
  setDeadlines() {
    const { headersTimeout, requestTimeout, keepAliveTimeout } = this.node;
    const deadlines = `${headersTimeout} ${requestTimeout} ${keepAliveTimeout}`;
    if (deadlines === this.#deadlines) return;
    this.#deadlines = deadlines;
    // A head is a part of its request.
    const isShorter = requestTimeout > 0 && requestTimeout < headersTimeout;
    ops.op_howth_set_deadlines(
      this.listener,
      milliseconds(headersTimeout > 0 && !isShorter ? headersTimeout : requestTimeout),
      milliseconds(requestTimeout),
      keepAliveTimeout > 0
        ? milliseconds(keepAliveTimeout + KEEP_ALIVE_DEADLINE_BUFFER_MS)
        : Deadline.OFF,
    );
  }

  connectionAt(index, generation) {
    const known = connections.knownConnection(index, generation);
    if (known !== undefined) return known;
    const connection = new connections.Connection(this, index, generation);
    connections.remember(connection);
    this.setDeadlines();
    if (!this.isHeard()) return connection;
    // What a listener throws is no reason not to answer what has come.
    try {
      this.tellConnection(connection.socket);
    } catch (error) {
      reportException(error);
    }
    return connection;
  }

  tellConnection(socket) {
    this.node.emit("connection", socket);
  }

  // Whether the program listens for connections. Node's own listener is one of them.
  get tellsConnections() {
    return this.node.listenerCount("connection") > 1;
  }

  // Whether the program wants to hear of connections. From then on it does before they ask anything.
  isHeard() {
    const { node } = this;
    const isHeard = node.timeout > 0 || this.tellsConnections || node.listenerCount("timeout") > 0;
    if ((isHeard || node.maxConnections > 0) && !this.tellsOpened) {
      this.tellsOpened = true;
      ops.op_howth_tell_opened(this.listener);
    }
    return isHeard;
  }

  opened(index, generation) {
    const { node } = this;
    const isOneTooMany =
      node.maxConnections > 0 &&
      ops.op_howth_connections(this.listener) - this.dropped > node.maxConnections;
    if (isOneTooMany) this.drop(new connections.DroppedConnection(this, index, generation));
    else this.connectionAt(index, generation);
  }

  // More connections than the program wants are ended at once, and it is told.
  drop(connection) {
    const { index, generation } = connection;
    const [peer, port] = ops.op_howth_connection_address(index, generation) ?? ["", -1];
    const local = this.written(this.address.ip ?? "");
    const remote = this.written(peer);
    this.dropped += 1;
    connections.remember(connection);
    if (!ops.op_howth_connection_watch(index, generation)) connection.closed();
    connection.breakOff(End.AT_ONCE);
    this.node.emit("drop", {
      localAddress: local.address,
      localPort: this.address.port,
      localFamily: local.family,
      remoteAddress: remote.address,
      remotePort: port,
      remoteFamily: remote.family,
    });
  }

  // Called by the dispatch, which reports what is thrown.
  handle(index, generation, at, text) {
    // The client has left before anybody looked.
    if (text === undefined) return;
    const { node } = this;
    const facts = numberOf(at, FACTS);
    const connection = this.connectionAt(
      numberOf(at, CONNECTION),
      numberOf(at, CONNECTION_GENERATION),
    );
    const targetStart = numberOf(at, METHOD_LENGTH);
    const targetEnd = targetStart + numberOf(at, TARGET_LENGTH);
    const hasBody = (facts & HAS_BODY) !== 0;
    const exchange = new Exchange(connection, index, generation, text, targetEnd, hasBody);
    const req = new node[parts.kIncomingMessage]();
    makeRequestOf(exchange, req);
    if (node.highWaterMark !== undefined) req._readableState.highWaterMark = node.highWaterMark;
    exchange.req = req;
    req.httpVersionMajor = 1;
    req.httpVersionMinor = (facts & HTTP_1_0) !== 0 ? 0 : 1;
    req.httpVersion = req.httpVersionMinor === 1 ? "1.1" : "1.0";
    req.method = METHODS[numberOf(at, METHOD)] ?? text.slice(0, targetStart);
    req.url = text.slice(targetStart, targetEnd);
    req.upgrade = false;
    if (node.joinDuplicateHeaders) req.joinDuplicateHeaders = true;
    if ((facts & SWITCHES) !== 0 && this.switches(exchange, req)) return;
    const res = this.respondTo(exchange, req, facts);
    const resource = parts.enterAsyncResourceIfActive(req);
    try {
      this.emitRequest(exchange, req, res, facts);
    } finally {
      parts.exitAsyncResourceIfActive(resource);
      if (!hasBody) req.complete = true;
      // Whoever waits for the response hears of a client that leaves.
      if (exchange.isOpen) exchange.watch();
    }
  }

  respondTo(exchange, req, facts) {
    const { node } = this;
    const { connection } = exchange;
    const res = new node[parts.kServerResponse](req, {
      rejectNonStandardBodyWrites: node.rejectNonStandardBodyWrites,
      highWaterMark: node.highWaterMark,
    });
    res[kExchange] = exchange;
    exchange.res = res;
    connection.add(exchange);
    res._keepAliveTimeout = node.keepAliveTimeout;
    res._maxRequestsPerSocket = node.maxRequestsPerSocket;
    res.shouldKeepAlive = (facts & KEEPS_ALIVE) !== 0;
    res[parts.kUniqueHeaders] = node[parts.kUniqueHeaders];
    if (node.optimizeEmptyRequests && !exchange.hasBody) req._dumpAndCloseReadable();
    if (parts.onStart.hasSubscribers) {
      const { socket } = connection;
      parts.onStart.publish({ request: req, response: res, socket, server: node });
    }
    return res;
  }

  emitRequest(exchange, req, res, facts) {
    const { node } = this;
    const { maxRequestsPerSocket } = node;
    if (maxRequestsPerSocket > 0) {
      const count = ++exchange.connection.requests;
      res.maxRequestsOnConnectionReached = count >= maxRequestsPerSocket;
      if (count > maxRequestsPerSocket) {
        node.emit("dropRequest", req, exchange.connection.socket);
        res.writeHead(503);
        res.end();
        return;
      }
    }
    if ((facts & EXPECTS_OTHER) !== 0) {
      if (node.emit("checkExpectation", req, res)) return;
      res.writeHead(417);
      res.end();
      return;
    }
    if ((facts & EXPECTS_CONTINUE) !== 0) {
      res._expect_continue = true;
      if (node.listenerCount("checkContinue") > 0) return void node.emit("checkContinue", req, res);
      res.writeContinue();
    }
    node.emit("request", req, res);
  }

  // A request that asks for another protocol, where the program speaks one: the connection is the program's from now on.
  switches(exchange, req) {
    const { node } = this;
    const { connection } = exchange;
    const event = req.method === "CONNECT" ? "connect" : "upgrade";
    if (event === "connect" && node.listenerCount(event) === 0) {
      connection.destroy();
      return true;
    }
    if (event === "upgrade" && !node.shouldUpgradeCallback(req)) return false;
    if (!ops.op_howth_upgrade_encoded(exchange.index, exchange.generation)) return false;
    req.upgrade = true;
    req.complete = true;
    const head = connection.changeProtocol(exchange);
    const { socket } = connection;
    node.emit(event, req, socket, head);
    // The client's end is noticed also by a program that reads nothing.
    if (!socket.destroyed) socket.read(0);
    return true;
  }

  // A response is whole.
  finished({ req, res, connection }) {
    if (!parts.onFinish.hasSubscribers) return;
    const { socket } = connection;
    parts.onFinish.publish({ request: req, response: res, socket, server: this.node });
  }

  // What came is no request: the program hears of it, and answers by the socket; else the engine does.
  rejected(index, generation, at) {
    const { node } = this;
    const connection = this.connectionAt(
      numberOf(at, CONNECTION),
      numberOf(at, CONNECTION_GENERATION),
    );
    const refusal = new refusals.Refusal(connection, index, generation);
    connection.add(refusal);
    const error = refusals.errorOf(refusal);
    if (node.listenerCount("clientError") === 0 || refusals.isForNode(error)) {
      return refusal.answer(error);
    }
    try {
      node.emit("clientError", error, connection.socketAtError());
    } finally {
      if (refusal.isOpen) refusal.watch();
    }
  }

  // A connection has ended whose socket a program has.
  closed(index, generation) {
    connections.closed(index, generation);
  }

  // Its connections are at their end; those that speak another protocol go on.
  breakOffAll() {
    for (const connection of connections.connectionsOf(this)) {
      if (connection.open.length > 0) connection.breakOff(End.AT_ONCE);
    }
  }

  // Nothing comes of it any more.
  stopped() {
    connections.forget(this);
    const { node } = this;
    // Something else than the program has ended it, which may be about to do so itself.
    if (node._handle === this.listening) {
      this.listening.close();
      node._handle = null;
      node[kHasEnded] = true;
    }
    // It may listen again already.
    if (node[kServer] === this) node[kServer] = undefined;
    parts.nextTick(() => {
      // As Node has it, where it listens again meanwhile.
      if (node._handle === null) node.emit("close");
    });
  }
}

// What a server has in the place of a handle of Node's while it listens.
class ListeningHandle {
  fd = -1;

  constructor(server) {
    this.server = server;
  }

  // Node takes a handle without it for one of a path.
  get getsockname() {
    const { server } = this;
    const { ip, port, unix } = server.address;
    if (unix !== null) return undefined;
    return (out) => {
      Object.assign(out, server.written(ip), { port });
      return 0;
    };
  }

  getAsyncId() {
    return 0;
  }

  ref() {
    keepAlive(this.server, true);
  }

  unref() {
    keepAlive(this.server, false);
  }

  hasRef() {
    return true;
  }

  close() {}
}

// `milliseconds` of a property: 0 and what is no number mean that there is no deadline.
function milliseconds(value) {
  return value > 0 && value < Deadline.AS_IT_IS ? Math.ceil(value) : Deadline.OFF;
}

export { ALL_ADDRESSES, connectOps, EngineServer, kHasEnded, kServer };
