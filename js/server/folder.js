// Howth.dir, and files as routes: what the engine answers with files, without a call of JavaScript.
//
// Owns how they are read; a file is opened in Rust. Called by: programs, through Howth; routes.js.

import { partOfFile } from "ext:howth/web/chunk.js";

const MEANT = "Howth.dir";

// A folder as a route: what crosses to Rust of it.
class Folder {
  #said;

  constructor(said) {
    this.#said = said;
    Object.freeze(this);
  }

  static said(value) {
    return typeof value === "object" && value !== null && #said in value ? value.#said : undefined;
  }
}

// Howth.dir(path, options). The folder is opened when a server listens.
function dir(path, options = {}) {
  const folder =
    path instanceof URL && path.protocol === "file:" ? decodeURIComponent(path.pathname) : path;
  if (typeof folder !== "string" || folder === "") {
    throw new TypeError(`${MEANT} takes the path of a folder, or a file: URL`);
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${MEANT}: the options must be an object`);
  }
  const { index = "index.html", fallback, compressed = true, dotFiles = false } = options;
  const { cacheControl = {}, next = false } = options;
  return new Folder({
    path: folder,
    index: index === false ? null : text(index, "index", "a name, or false"),
    fallback: fallback === undefined ? null : text(fallback, "fallback", "a name"),
    compressed: flag(compressed, "compressed"),
    dotFiles: flag(dotFiles, "dotFiles"),
    cacheControl: readCacheControl(cacheControl),
    passes: flag(next, "next"),
  });
}

function readCacheControl(given) {
  if (typeof given === "string") return [["**", given]];
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`${MEANT}: cacheControl must be a text, or an object of texts by patterns`);
  }
  return Object.entries(given).map(([pattern, value]) => [
    pattern,
    text(value, `cacheControl["${pattern}"]`, "a text"),
  ]);
}

function text(value, name, wanted) {
  if (typeof value !== "string" || value === "") {
    throw new TypeError(`${MEANT}: ${name} must be ${wanted}`);
  }
  return value;
}

function flag(value, name) {
  if (typeof value !== "boolean") throw new TypeError(`${MEANT}: ${name} must be true or false`);
  return value;
}

// What crosses of a route that is a folder or a file; undefined: it is neither.
function saidFiles(target) {
  const folder = Folder.said(target);
  if (folder !== undefined) return { folder };
  const part = typeof target === "object" ? target?.[partOfFile]?.() : undefined;
  return part === undefined ? undefined : { file: part.path };
}

export { dir, saidFiles };
