// A server of Deno.serve on the engine: what becomes of requests, and of what handlers return or throw.
//
// Owns the connections that have become WebSockets. Never listens. Called by: the dispatch (js/server/server.js); serve.js
// makes it.

import { core } from "ext:core/mod.js";
import { DenoRequest, ServeHandlerInfo } from "ext:howth/deno/request.js";
import { openTunnel } from "ext:howth/deno/web_socket.js";
import { makeRequest } from "ext:howth/server/inner_request.js";
import {
  checkResponse,
  encodeFields,
  isResponse,
  sendResponse,
  Unsendable,
} from "ext:howth/server/send.js";
import { ServerState } from "ext:howth/server/server.js";
import { answersRefusal } from "ext:howth/sockets/upgrade.js";
import { describe } from "ext:howth/web/chunk.js";

const { toInnerResponse, wireHeaderList } = core.loadExtScript("ext:deno_fetch/23_response.js");

const SWITCHING = 101;

class DenoServer extends ServerState {
  #onError;
  #tunnels = new Set();
  #isEnding = false;

  // `onError`: gives the response where the handler has thrown; undefined: there is none.
  constructor(onError) {
    super();
    this.Request = DenoRequest;
    this.#onError = onError;
  }

  handle(index, generation, at, text) {
    const { handler, taken } = this.targets.otherwise;
    let inner = null;
    let result;
    try {
      if (taken === 0) {
        result = handler();
      } else {
        inner = this.open(index, generation, at, text);
        const request = makeRequest(inner);
        result = taken === 1 ? handler(request) : handler(request, new ServeHandlerInfo(inner));
      }
      if (isResponse(result)) {
        this.send(index, generation, result, inner);
        return;
      }
    } catch (error) {
      this.fail(index, generation, error, inner);
      return;
    }
    this.finishLater(index, generation, result, inner);
  }

  async finishLater(index, generation, result, inner) {
    try {
      this.send(index, generation, responseOf(await result, "the handler"), inner);
    } catch (error) {
      this.fail(index, generation, error, inner);
    }
  }

  send(index, generation, response, inner) {
    const upgrade = inner?.upgrade ?? null;
    // Another server may have its numbers by now.
    if (!this.isCurrent) {
      upgrade?.reject(new Deno.errors.Http("The server has ended"));
      return;
    }
    if (upgrade !== null && !inner.isAnswered) {
      if (response.status === SWITCHING) {
        this.#changeProtocol(inner, response);
        return;
      }
      upgrade.reject(
        new Deno.errors.Http("The handler did not return the response of the upgrade"),
      );
    }
    checkResponse(response);
    sendResponse(index, generation, response, inner, this);
    inner?.answered();
  }

  #changeProtocol(inner, response) {
    const { upgrade } = inner;
    const fields = encodeFields(wireHeaderList(toInnerResponse(response)));
    let opened;
    try {
      opened = openTunnel(inner, fields);
    } catch (error) {
      upgrade.reject(error);
      inner.upgrade = null;
      throw error;
    }
    inner.answered();
    if (opened === null) {
      upgrade.reject(new Deno.errors.Http("The client has left"));
      return;
    }
    const { tunnel, webSocket } = opened;
    this.#tunnels.add(tunnel);
    tunnel.carry().finally(() => this.#tunnels.delete(tunnel));
    upgrade.resolve(webSocket);
    if (this.#isEnding) queueMicrotask(() => tunnel.goAway());
  }

  async fail(index, generation, error, inner) {
    if (answersRefusal(error, inner)) {
      inner.answered();
      return;
    }
    let response;
    try {
      const answer = await this.#answerTo(error, index, generation, inner);
      response = responseOf(answer, "onError");
      this.send(index, generation, response, inner);
      return;
    } catch (second) {
      report("howth: onError failed:", second);
    }
    this.send(index, generation, internalServerError(), inner);
  }

  #answerTo(error, index, generation, inner) {
    if (this.#onError !== undefined) return this.#onError(error);
    report(error);
    if (!this.development) return internalServerError();
    const [type, body] = this.errorAnswer(index, generation, error, inner);
    return new Response(body, { status: 500, headers: { "content-type": type } });
  }

  // A response that was begun has broken off: `onError` hears of it, and what it returns is no use. To Deno such a request is
  // over as any other.
  async streamFailed(error, inner) {
    inner.isStreamed = false;
    try {
      await this.#answerTo(error, inner.index, inner.generation, inner);
    } catch (second) {
      report("howth: onError failed:", second);
    }
  }

  // No WebSocket keeps it from ending.
  goAway() {
    this.#isEnding = true;
    for (const tunnel of this.#tunnels) tunnel.goAway();
  }
}

// What somebody has returned, if it can be sent.
function responseOf(value, who) {
  if (isResponse(value)) return value;
  throw new Unsendable(
    `Deno.serve: ${who} must return a Response, or a promise of one, but returned ${describe(value)}`,
  );
}

// Deno's has no content type.
function internalServerError() {
  return new Response(core.encode("Internal Server Error"), { status: 500 });
}

function report(...said) {
  try {
    console.error(...said.map((each) => (each instanceof Unsendable ? each.message : each)));
  } catch {
    console.error("howth: the handler has thrown an error that cannot be printed");
  }
}

export { DenoServer };
