// A request of Deno.serve: what Deno's programs see of one beyond its head and body.
//
// Owns when `request.signal` aborts and `info.completed` settles, and that a connection changes its protocol once at most.
// Never answers. Called by: server.js.

import { core } from "ext:core/mod.js";
import { InnerRequest } from "ext:howth/server/inner_request.js";

const { Interrupted } = core;

class DenoRequest extends InnerRequest {
  constructor(server, index, generation, text, method, methodLength, urlLength) {
    super(server, index, generation, text, method, methodLength, urlLength);
    // Of `completed`, once it was asked for.
    this.told = null;
    this.isAnswered = false;
    this.isStreamed = false;
    this.isSent = false;
    // Of the WebSocket that waits for its connection, once the program wants one.
    this.upgrade = null;
  }

  // Resolves when the response is out. Rejects only when it was a stream that broke off, as under Deno: a program that looks
  // at nothing else must not be ended by a client that leaves.
  get completed() {
    if (this.told === null) {
      this.told = Promise.withResolvers();
      this.told.promise.catch(() => {});
      if (this.isSent) this.told.resolve(undefined);
      else if (this.isOver) this.tellOfLoss();
      else this.watch();
    }
    return this.told.promise;
  }

  set responseReader(reader) {
    this.isStreamed = true;
    super.responseReader = reader;
  }

  onCancel(callback) {
    if (this.isSent || this.isOver) callback();
    else super.onCancel(callback);
  }

  // The response was given to the engine.
  answered() {
    this.isAnswered = true;
    if (this.isOver) this.tellOfLoss();
  }

  finished() {
    super.finished();
    this.isSent = true;
    this.tellOfEnd();
  }

  aborted() {
    const wasOver = this.isOver;
    super.aborted();
    if (!wasOver) this.tellOfLoss();
  }

  // By default Deno aborts the signal also where all went well: programs give back there what the request has taken.
  tellOfEnd() {
    const { onCancel } = this.lived();
    this.life.onCancel = null;
    onCancel?.();
    this.told?.resolve(undefined);
  }

  tellOfLoss() {
    if (this.told === null || !this.isAnswered) return;
    if (this.isStreamed) this.told.reject(new Interrupted("The response was not sent whole"));
    else this.told.resolve(undefined);
  }

  // What Deno.upgradeWebSocket asks.
  _throwIfUpgraded() {
    if (this.upgrade !== null) throw new Deno.errors.Http("Already upgraded");
  }

  expectSocket() {
    throw new TypeError(
      "Howth.upgradeWebSocket: a request of Deno.serve is for Deno.upgradeWebSocket",
    );
  }

  // A promise of the WebSocket's number, for when the response to this has gone out.
  _wantsUpgrade() {
    this._throwIfUpgraded();
    if (this.isAnswered || this.isOver) throw new Deno.errors.Http("Already closed");
    this.upgrade = Promise.withResolvers();
    // To Deno the request is over here.
    this.isSent = true;
    this.tellOfEnd();
    return this.upgrade.promise;
  }
}

// The second argument of handlers.
class ServeHandlerInfo {
  #inner;

  constructor(inner) {
    this.#inner = inner;
  }

  get remoteAddr() {
    return this.#inner.remoteAddr;
  }

  get completed() {
    return this.#inner.completed;
  }
}

export { DenoRequest, ServeHandlerInfo };
