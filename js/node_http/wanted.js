// What the arguments of a server's `listen` ask for.
//
// Owns what the engine can do of it. Never listens. Called by: listen.js.

import { primordials } from "ext:core/mod.js";

const { MathMin, ObjectPrototypeIsPrototypeOf } = primordials;

// Options that only Deno's way knows.
const OTHERS = ["handle", "_handle", "readableAll", "reusePort", "writableAll"];

const BACKLOG_MAX = 65_535;

// A port and perhaps a host, or a path, or a socket that the program was given; null: none of them, or more than the engine
// does.
function wantedOf(given) {
  const args = given.filter((argument) => typeof argument !== "function");
  const [first, second, third] = args;
  const backlog = countOf(second) || countOf(third);
  if (first === undefined || first === null) return wanted(0, "", "", { backlog });
  if (typeof first !== "object") {
    return wantedAt(first, typeof second === "string" ? second : undefined, { backlog });
  }
  for (const name of OTHERS) {
    if (first[name] !== undefined && first[name] !== false && first[name] !== null) return null;
  }
  if (typeof first.listen === "function") return null;
  const { fd, host, ipv6Only, path, port, signal } = first;
  // Deno's way says what is wrong with it.
  if (signal !== undefined && !isSignal(signal)) return null;
  const said = {
    backlog: countOf(first.backlog) || backlog,
    isIpv6Only: ipv6Only === true,
    signal,
  };
  if (typeof fd === "number" && fd >= 0) return wanted(0, "", "", { ...said, descriptor: fd });
  // A port is none that is no number: Deno's way says so.
  if (typeof port === "string" && Number.isNaN(Number(port))) return null;
  return wantedAt(port ?? path ?? null, host, said);
}

function wantedAt(place, host, said) {
  const isText = typeof place === "string" && place.trim() !== "";
  const port = isText ? Number(place) : place;
  // An abstract path has no file.
  if (isText && Number.isNaN(port)) {
    return place.startsWith("\0") ? null : wanted(0, "", place, said);
  }
  if (!Number.isInteger(port) || port < 0 || port > 65535) return null;
  if (host !== undefined && host !== null && typeof host !== "string") return null;
  return wanted(port, host ?? "", "", said);
}

// `socket`: as `occupy` takes it.
function wanted(port, host, path, { backlog, descriptor = null, isIpv6Only = false, signal }) {
  return { port, host, path, signal, socket: { backlog, descriptor, isIpv6Only } };
}

// As Node reads it; 0: none is given.
function countOf(value) {
  const count = Number(value ?? 0);
  return count > 0 ? MathMin(Math.trunc(count), BACKLOG_MAX) : 0;
}

function isSignal(value) {
  return ObjectPrototypeIsPrototypeOf(AbortSignal.prototype, value);
}

export { wantedOf };
