// A server of node:http in a worker of node:cluster: the primary accepts connections and gives them to its workers in turn, and
// the engine of this one serves them.
//
// The handle through which the primary does so is that of Deno's code. Called by: listen.js, once that has it; the handle.

import { primordials } from "ext:core/mod.js";
import { parts } from "ext:howth/node_http/parts.js";
import { EngineServer } from "ext:howth/node_http/server.js";
import { tlsOption } from "ext:howth/server/secured.js";
import { keepAlive, occupyHanded } from "ext:howth/server/server.js";

const { ObjectGetPrototypeOf, ObjectPrototype, ReflectApply } = primordials;

let ops;

function connectOps(bound) {
  ops = bound;
}

class WorkerServer extends EngineServer {
  constructor(node) {
    super(node);
    this.listening = node._handle;
  }

  // Whether it is a handle through which connections are given; that of a listener which all workers share is Node's own, and
  // that of a path has no address.
  static canServe(handle) {
    return (
      handle !== null &&
      ObjectGetPrototypeOf(handle) === ObjectPrototype &&
      typeof handle.getsockname === "function"
    );
  }

  begin() {
    const { listening, node } = this;
    const address = {};
    listening.getsockname(address);
    occupyHanded(this, address);
    this.listens({
      hostname: address.address,
      ip: address.address,
      port: address.port,
      // The primary speaks no TLS: howth does, where its command line says so.
      secure: tlsOption() !== undefined,
      unix: null,
    });
    // The end of the server is told when the engine's is.
    node._emitCloseIfDrained = () => {};
    listening.onconnection = (_status, client) => this.take(client);
    const { ref, unref } = listening;
    listening.ref = () => {
      ref();
      keepAlive(this, true);
    };
    listening.unref = () => {
      unref();
      keepAlive(this, false);
    };
    keepAlive(this, !node._unref);
    this.isHeard();
  }

  // The engine has a descriptor of its own from here on.
  take(client) {
    ops.op_howth_hand_over(this.listener, client.fdForIpc());
    client.close();
  }

  stopListening() {
    ReflectApply(parts.net.Server.prototype.close, this.node, []);
  }

  stopped() {
    delete this.node._emitCloseIfDrained;
    super.stopped();
  }
}

export { connectOps, WorkerServer };
