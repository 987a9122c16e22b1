// Bun.spawn, Bun.spawnSync and Bun.which, over node:child_process.
//
// Never interprets a command: there is no shell. Called by: namespace.js.

import { BunFile } from "ext:howth/bun/file.js";
import { bytesOf, node } from "ext:howth/bun/parts.js";
import { ChildSink } from "ext:howth/bun/sink.js";

const NAMES = ["stdin", "stdout", "stderr"];
// What a shell adds to a signal's number.
const SIGNALLED = 128;

// Bun.spawn(command, options) and Bun.spawn({ cmd, … }) as one.
function readCommand(asked, first, second) {
  const options = Array.isArray(first) ? { ...second, cmd: first } : { ...first };
  const { cmd } = options;
  if (!Array.isArray(cmd) || cmd.length === 0) {
    throw new TypeError(`${asked} takes a command: ${asked}(["echo", "hello"])`);
  }
  for (const name of ["ipc", "terminal"]) {
    if (options[name] !== undefined) {
      throw new Error(`${asked}: the option \`${name}\` is not there under howth; ${HINTS[name]}`);
    }
  }
  const words = cmd.map(String);
  const env = options.env ?? node.process().env;
  const cwd = options.cwd === undefined ? undefined : String(options.cwd);
  const path = which(words[0], { PATH: env.PATH, cwd });
  if (path === null) {
    const error = new Error(`Executable not found in $PATH: "${words[0]}"`);
    throw Object.assign(error, { code: "ENOENT", errno: -2, path: words[0], syscall: "spawn" });
  }
  return { options, words, path, env, cwd };
}

const HINTS = { ipc: "use node:child_process (fork)", terminal: "use the package node-pty" };

// What `stdio` of node:child_process is, and which descriptors are to be closed behind the start.
function readStreams(options, defaults) {
  const own = [];
  const given = NAMES.map((name, place) => {
    const value = options.stdio?.[place] ?? options[name] ?? defaults[place];
    if (!BunFile.isOne(value)) return value;
    const { descriptor, isOwn } = value.open(place === 0 ? "r" : "w");
    if (isOwn) own.push(descriptor);
    return descriptor;
  });
  const close = () => {
    for (const descriptor of own) node.fs().closeSync(descriptor);
  };
  return { given, close };
}

function isPlain(value) {
  return typeof value === "number" || ["pipe", "inherit", "ignore", "overlapped"].includes(value);
}

function spawn(first, second) {
  const { options, words, path, env, cwd } = readCommand("Bun.spawn", first, second);
  const { given, close } = readStreams(options, ["ignore", "pipe", "inherit"]);
  const [input] = given;
  const stdio = given.map((value) => (isPlain(value) ? value : value === null ? "ignore" : "pipe"));
  const child = node.childProcess().spawn(path, words.slice(1), {
    argv0: options.argv0 ?? words[0],
    cwd,
    detached: options.detached,
    env,
    killSignal: options.killSignal,
    signal: options.signal,
    stdio: [...stdio, ...(options.stdio?.slice(3) ?? [])],
    timeout: options.timeout,
  });
  close();
  const subprocess = new Subprocess(child, options.onExit);
  if (input === "pipe") subprocess.stdin = new ChildSink(child.stdin);
  else if (stdio[0] === "pipe") feed(child.stdin, input);
  return subprocess;
}

// Gives a child all of what stands behind `stdin`.
async function feed(stream, input) {
  // A child may end before it has read all.
  stream.on("error", () => {});
  const bytes = bytesOf(input);
  if (bytes !== undefined) {
    stream.end(bytes);
    return;
  }
  const source = input instanceof Blob ? input.stream() : (input.body ?? input);
  try {
    for await (const piece of source) stream.write(piece);
  } finally {
    stream.end();
  }
}

class Subprocess {
  #child;
  #exitCode = null;
  #signalCode = null;
  #hasEnded = false;
  stdin = undefined;

  constructor(child, onExit) {
    this.#child = child;
    this.stdout = readable(child.stdout);
    this.stderr = readable(child.stderr);
    this.exited = new Promise((resolve, reject) => {
      const end = (code, signal, error) => {
        if (this.#hasEnded) return;
        this.#hasEnded = true;
        this.#exitCode = signal === null ? code : null;
        this.#signalCode = signal;
        if (error === undefined) resolve(signal === null ? code : SIGNALLED + numberOf(signal));
        else reject(error);
        onExit?.(this, this.#exitCode, this.#signalCode, error);
      };
      child.on("exit", (code, signal) => end(code, signal));
      child.on("error", (error) => {
        // An `AbortSignal` that has ended it: `exit` follows.
        if (error.name !== "AbortError") end(null, null, error);
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get exitCode() {
    return this.#exitCode;
  }

  get signalCode() {
    return this.#signalCode;
  }

  get killed() {
    return this.#hasEnded;
  }

  get readable() {
    return this.stdout;
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  ref() {
    this.#child.ref();
  }

  unref() {
    this.#child.unref();
  }

  // Nobody has counted.
  resourceUsage() {
    return undefined;
  }

  async [Symbol.asyncDispose]() {
    if (!this.#hasEnded) this.kill();
    await this.exited;
  }
}

function readable(stream) {
  if (stream === null || stream === undefined) return undefined;
  return node.stream().Readable.toWeb(stream);
}

function numberOf(signal) {
  return node.os().constants.signals[signal] ?? 0;
}

function spawnSync(first, second) {
  const { options, words, path, env, cwd } = readCommand("Bun.spawnSync", first, second);
  const { given, close } = readStreams(options, ["ignore", "pipe", "pipe"]);
  const input = isPlain(given[0]) ? undefined : bytesOf(given[0]);
  if (!isPlain(given[0]) && input === undefined && given[0] !== null) {
    close();
    throw new TypeError("Bun.spawnSync: `stdin` must be bytes, a text, a Bun.file or a descriptor");
  }
  const result = node.childProcess().spawnSync(path, words.slice(1), {
    argv0: options.argv0 ?? words[0],
    cwd,
    env,
    input,
    killSignal: options.killSignal,
    maxBuffer: options.maxBuffer ?? Number.POSITIVE_INFINITY,
    stdio: given.map((value) => (isPlain(value) ? value : value === null ? "ignore" : "pipe")),
    timeout: options.timeout,
  });
  close();
  const timedOut = result.error?.code === "ETIMEDOUT";
  if (result.status === undefined) {
    throw result.error ?? new Error("Bun.spawnSync: the child ended before it had read `stdin`");
  }
  return {
    exitCode: result.status,
    ...(result.signal ? { signalCode: result.signal } : {}),
    ...(timedOut ? { exitedDueToTimeout: true } : {}),
    stdout: result.stdout ?? undefined,
    stderr: result.stderr ?? undefined,
    success: result.status === 0,
    pid: result.pid,
  };
}

// The path of a program, or null: by PATH, unless the name is a path.
function which(command, { PATH, cwd } = {}) {
  const path = node.path();
  const from = cwd ?? node.process().cwd();
  const name = String(command);
  if (name === "") return null;
  const folders = name.includes("/")
    ? [from]
    : String(PATH ?? node.process().env.PATH ?? "").split(path.delimiter);
  for (const folder of folders) {
    const candidate = path.resolve(from, folder, name);
    if (canRun(candidate)) return candidate;
  }
  return null;
}

function canRun(path) {
  const fs = node.fs();
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return fs.statSync(path).isFile();
  } catch {
    return false;
  }
}

export { spawn, spawnSync, which };
