// Reading what programs say about their WebSockets, in Bun's shape.
//
// Every mistake is a TypeError or RangeError that names the option. Called by: js/server/options.js, upgrade.js.

import { Flags } from "ext:howth/sockets/numbers.js";
import { printFailure } from "ext:howth/web/printed.js";

const HANDLERS = ["open", "message", "drain", "close", "ping", "pong"];

// V8's longest string has a few bytes less than 512 MiB.
const MESSAGE_BYTES_MAX = 2 ** 29 - 32;
const BYTES_MAX = 2 ** 32 - 1;
const SECONDS_MAX = 2 ** 31 / 1000;

const DEFAULTS = {
  maxPayloadLength: 16 * 1024 * 1024,
  backpressureLimit: 16 * 1024 * 1024,
  idleTimeout: 120,
};

// The settings of a server's sockets: what Rust is told, and the program's handlers.
class SocketOptions {
  messageBytesMax;
  unsentBytesMax;
  silenceMs;
  flags;
  publishesToSelf;
  // Null where there is none.
  handlers = {};
  #receiver;

  // `call`: whose options these are.
  constructor(given, call) {
    this.#receiver = given;
    for (const name of HANDLERS) {
      const handler = given[name];
      if (handler !== undefined && handler !== null && typeof handler !== "function") {
        throw new TypeError(`${call}: \`${name}\` must be a function`);
      }
      this.handlers[name] = handler ?? null;
    }
    this.messageBytesMax = number(given, "maxPayloadLength", MESSAGE_BYTES_MAX, call);
    this.unsentBytesMax = number(given, "backpressureLimit", BYTES_MAX, call);
    this.silenceMs = Math.ceil(number(given, "idleTimeout", SECONDS_MAX, call) * 1000);
    this.publishesToSelf = Boolean(given.publishToSelf);
    this.flags =
      flag(given.closeOnBackpressureLimit, Flags.ENDS_AT_LIMIT) |
      flag(given.sendPings ?? true, Flags.SENDS_PINGS) |
      flag(this.handlers.ping, Flags.TELLS_PINGS) |
      flag(this.handlers.pong, Flags.TELLS_PONGS) |
      flag(given.perMessageDeflate, Flags.COMPRESSES);
  }

  // Calls a handler, if there is one. What it throws, also later, is told and ends nothing.
  call(handler, socket, first, second) {
    if (handler === null) return;
    try {
      const result = handler.call(this.#receiver, socket, first, second);
      if (result !== undefined && typeof result?.then === "function") {
        result.then(undefined, tellFailure);
      }
    } catch (error) {
      tellFailure(error);
    }
  }
}

function flag(given, value) {
  return given ? value : 0;
}

function number(given, name, most, call) {
  const value = given[name] ?? DEFAULTS[name];
  if (typeof value !== "number" || !(value >= 0 && value <= most)) {
    throw new RangeError(`${call}: ${name} ${value} is not a number from 0 to ${most}`);
  }
  return name === "idleTimeout" ? value : Math.floor(value);
}

function tellFailure(error) {
  printFailure("howth: a WebSocket's handler failed:", error);
}

// An application object may have a property of this name that means something else to it.
function isSocketHandlers(given) {
  if (typeof given !== "object" || given === null) return false;
  const prototype = Object.getPrototypeOf(given);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain || HANDLERS.some((name) => typeof given[name] === "function");
}

export { isSocketHandlers, SocketOptions, tellFailure };
