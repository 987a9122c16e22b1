// What Node's `process` says of how the program was started, where Deno's says something else.
//
// Called only where there is something to say: `process` is made when it is first used, which takes longer than most
// programs take to start.

import { core, internals } from "ext:core/mod.js";
import { noteOptions } from "ext:howth/node/options.js";

const lazyProcess = core.createLazyLoader("node:process");

let hasReadArguments = false;

// `description`: a text, which Rust makes in crates/runtime/src/isolate/description.rs.
function describeProcess(description) {
  const { execArgv, script, code, watchesArguments } = JSON.parse(description);
  if (execArgv.length > 0) {
    noteOptions(execArgv);
    // Before `process` is made, which asks for some of them.
    core
      .loadExtScript("ext:deno_node/internal_binding/node_options.ts")
      .setOptionSourceExecArgv(execArgv);
  }
  const process = lazyProcess().default;
  process.execArgv.push(...execArgv);
  // A program that came as a text has no file, and so none among the arguments.
  if (code !== null) process._eval = code;
  if (script !== null) process.argv[1] = script;
  else if (code !== null) process.argv.splice(1, 1);
  if (watchesArguments) watchArguments(process);
}

// Notes when the program reads its arguments: as a property, or as what `node:process` exports, whose elements are looked
// at then. After the first time all is as it was.
function watchArguments(process) {
  const { argv } = process;
  const own = argv.slice();
  const restore = () => {
    hasReadArguments = true;
    for (let i = 2; i < own.length; i++) define(argv, i, { value: own[i], writable: true });
    define(process, "argv", { value: argv, writable: true });
    define(Deno, "args", { get: () => args });
  };
  const { args } = Deno;
  const watch = (object, name, read) => {
    const get = () => {
      restore();
      return read();
    };
    const set = (value) => {
      restore();
      object[name] = value;
    };
    define(object, name, { get, set });
  };
  watch(process, "argv", () => argv);
  watch(Deno, "args", () => args);
  for (let i = 2; i < own.length; i++) watch(argv, i, () => own[i]);
}

function define(object, name, descriptor) {
  Object.defineProperty(object, name, { configurable: true, enumerable: true, ...descriptor });
}

function readArguments() {
  return hasReadArguments;
}

// Whether the program itself listens for clients, by node:http, node:net or Deno.
function listensItself() {
  const names = Object.values(core.resources());
  if (names.some((name) => name === "http" || name.endsWith("Listener"))) return true;
  const handles = core
    .loadExtScript("ext:deno_node/internal/process/active_resources.ts")
    .getActiveHandles();
  return handles.some((handle) => typeof handle.getConnections === "function");
}

// Whether the program wants to hear of the signals that end howth.
function listensForSignals() {
  const process = lazyProcess().default;
  return process.listenerCount("SIGTERM") + process.listenerCount("SIGINT") > 0;
}

// Whether the program listens for what nothing catches.
function takesErrors() {
  if (internals.dispatchProcessExitEvent === undefined) return false;
  const process = lazyProcess().default;
  return (
    process.listenerCount("uncaughtException") > 0 || process.hasUncaughtExceptionCaptureCallback()
  );
}

// Ends what an error has ended as Node does: `exit` is emitted with the code 1, and a listener may set another. Whether
// the process has a code now.
function endWithError() {
  if (internals.dispatchProcessExitEvent === undefined) return false;
  const process = lazyProcess().default;
  if (!process._exiting) {
    process.exitCode = 1;
    internals.dispatchProcessExitEvent();
  }
  return true;
}

export {
  describeProcess,
  endWithError,
  listensForSignals,
  listensItself,
  readArguments,
  takesErrors,
};
