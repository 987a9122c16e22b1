// `export default { fetch }`: servers that a program exports.
//
// Owns what of a module's default export is a server. Called by: Rust, once the entry module has been evaluated.

import { listensItself } from "ext:howth/node/process.js";
import { startElysia } from "ext:howth/server/facade.js";
import { Reach, Served } from "ext:howth/server/numbers.js";
import { isClass, isRecord, readHandlers } from "ext:howth/server/options.js";
import { listen } from "ext:howth/server/serve.js";
import { hasServers } from "ext:howth/server/server.js";

const { SERVES, NO_HANDLER, NODE_APPLICATION, LISTENS_ITSELF } = Served;

// Serves a module's default export, if it is one that can be served: an object with `fetch`, or a function.
//
// `mayLeaveAlone`: as `howth run` has it. What programs export is theirs then: a function is left alone, and an object
// that cannot listen where the program does already.
function serveModule(exported, mayLeaveAlone) {
  if (hasServers()) return SERVES;
  const isObject = typeof exported === "object" && exported !== null;
  if (mayLeaveAlone) {
    return isObject && typeof exported.fetch === "function" ? serveExported(exported) : NO_HANDLER;
  }
  if (isNodeApplication(exported)) return listensItself() ? LISTENS_ITSELF : NODE_APPLICATION;
  if (isObject && canServe(exported)) return serveExported(exported);
  if (typeof exported === "function" && !isClass(exported)) return serveExported({}, exported);
  return listensItself() ? LISTENS_ITSELF : NO_HANDLER;
}

function serveExported(options, handler) {
  const handlers = readHandlers(options, handler);
  let facade;
  try {
    facade = listen(options, handlers, Reach.EVERY_CORE);
  } catch (error) {
    // It serves what it exports by a server of its own, as applications for several runtimes do.
    if (listensItself()) return LISTENS_ITSELF;
    throw error;
  }
  startElysia(options, facade);
  return SERVES;
}

// Applications of Express, Connect, Koa, Fastify, and servers of node:http.
function isNodeApplication(exported) {
  const isObject = typeof exported === "object" && exported !== null;
  if (!isObject && typeof exported !== "function") return false;
  if (typeof exported.listen !== "function" || typeof exported.fetch === "function") return false;
  return !isObject || !canServe(exported);
}

function canServe({ fetch, routes }) {
  return typeof fetch === "function" || (fetch === undefined && isRecord(routes));
}

export { serveModule };
