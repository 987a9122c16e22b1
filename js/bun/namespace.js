// The global `Bun`, for programs that were written for it.
//
// Owns which members there are; each is made when it is first asked for, and so is the object. Never defined for programs
// that do not name it: packages take Bun's way where they find it. Called by: boot/main.js, once the module loader has
// seen that the program names Bun (crates/runtime/src/modules/bun.rs).

import * as compression from "ext:howth/bun/compression.js";
import * as crypto from "ext:howth/bun/crypto.js";
import { deepEquals, deepMatch, peek } from "ext:howth/bun/equality.js";
import * as files from "ext:howth/bun/file.js";
import { makeHash } from "ext:howth/bun/hash.js";
import { missingMembers } from "ext:howth/bun/missing.js";
import { joined, neededBytes, node } from "ext:howth/bun/parts.js";
import { password } from "ext:howth/bun/password.js";
import { semver } from "ext:howth/bun/semver.js";
import { isMainThread, mainPath, readTargets, serve } from "ext:howth/bun/serve.js";
import { spawn, spawnSync, which } from "ext:howth/bun/spawn.js";
import * as streams from "ext:howth/bun/streams.js";
import * as text from "ext:howth/bun/text.js";
import { extendRoutes } from "ext:howth/server/options.js";
import { connectFiles } from "ext:howth/server/tls.js";

// Of the release whose programs run.
const VERSION = "1.4.5";
const REVISION = "a7733435cf40429e3b35c36072769df2052b80f1";

// Name to function that gives the member.
const MEMBERS = {
  ...missingMembers(),
  ...constant({ version: VERSION, revision: REVISION }),
  ...constant({ password, semver, serve, spawn, spawnSync, which }),
  ...constant({ file: files.file, write: files.write }),
  ...constant(compression),
  ...constant({ deepEquals, deepMatch, peek }),
  ...constant({ CryptoHasher: crypto.CryptoHasher, randomUUIDv7: crypto.randomUUIDv7 }),
  ...constant({
    escapeHTML: text.escapeHTML,
    stringWidth: text.stringWidth,
    stripANSI: text.stripANSI,
  }),
  ...constant({
    allocUnsafe: (length) => new Uint8Array(length),
    concatArrayBuffers,
    fetch: (...given) => globalThis.fetch(...given),
    fileURLToPath: (url) => node.url().fileURLToPath(url),
    gc: () => 0,
    nanoseconds: () => Math.trunc(performance.now() * 1e6),
    pathToFileURL: (path) => node.url().pathToFileURL(path),
    resolve: async (specifier, from) => resolveSync(specifier, from),
    resolveSync,
    shrink: () => {},
    sleep,
    sleepSync,
    sha: (data, encoding) => crypto.CryptoHasher.hash("sha512-256", data, encoding),
    embeddedFiles: [],
    isStandaloneExecutable: false,
  }),
  argv: () => node.process().argv,
  enableANSIColors: () => globalThis.Deno?.noColor === false,
  env: () => node.process().env,
  hash: makeHash,
  inspect: text.makeInspect,
  isMainThread,
  main: mainPath,
  stderr: () => files.file(2),
  stdin: () => files.file(0),
  stdout: () => files.file(1),
};

for (const [name, algorithm, length] of [
  ["MD4", "md4", 16],
  ["MD5", "md5", 16],
  ["SHA1", "sha1", 20],
  ["SHA224", "sha224", 28],
  ["SHA256", "sha256", 32],
  ["SHA384", "sha384", 48],
  ["SHA512", "sha512", 64],
  ["SHA512_256", "sha512-256", 32],
]) {
  MEMBERS[name] = () => crypto.hashClass(algorithm, length);
}

for (const [name, read] of Object.entries(streams)) {
  if (name.startsWith("to")) MEMBERS[`readableStreamT${name.slice(1)}`] = () => read;
}

function constant(members) {
  const makers = {};
  for (const [name, value] of Object.entries(members)) makers[name] = () => value;
  return makers;
}

function concatArrayBuffers(buffers, bytesMax = Number.POSITIVE_INFINITY, asArray = false) {
  const whole = joined(buffers.map((each) => neededBytes(each, "Bun.concatArrayBuffers")));
  const bytes = whole.byteLength > bytesMax ? whole.slice(0, bytesMax) : whole;
  return asArray ? bytes : bytes.buffer;
}

// The path of what `require` would load from a folder, or from the folder of a file.
function resolveSync(specifier, from = node.process().cwd()) {
  const folder = from.startsWith("file:") ? node.url().fileURLToPath(from) : from;
  return node.module().createRequire(node.path().join(folder, "resolve.js")).resolve(specifier);
}

// Milliseconds, or until a time.
function sleep(time) {
  const left = time instanceof Date ? time.getTime() - Date.now() : Number(time);
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
}

function sleepSync(milliseconds) {
  if (typeof milliseconds !== "number" || !(milliseconds >= 0)) {
    throw new TypeError("Bun.sleepSync takes a number of milliseconds");
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function make() {
  const bun = {};
  for (const [name, member] of Object.entries(MEMBERS).sort()) {
    Object.defineProperty(bun, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = member();
        define(bun, name, value, true);
        return value;
      },
      set: (value) => define(bun, name, value, true),
    });
  }
  return bun;
}

function define(object, name, value, enumerable) {
  Object.defineProperty(object, name, { configurable: true, enumerable, value, writable: true });
}

// Gives the global scope a `Bun`, which is made when somebody asks for it.
function install() {
  if (Object.hasOwn(globalThis, "Bun")) return;
  extendRoutes(readTargets);
  connectFiles((given) => (files.BunFile.isOne(given) ? given.name : undefined));
  streams.extendStreams();
  Object.defineProperty(globalThis, "Bun", {
    configurable: true,
    enumerable: false,
    get() {
      const bun = make();
      define(globalThis, "Bun", bun, false);
      return bun;
    },
    set: (value) => define(globalThis, "Bun", value, false),
  });
}

export { install };
