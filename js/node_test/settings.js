// What a run of tests is asked for: Node's options, and where its results are wanted.
//
// Called by: module.js, when a program first asks for `node:test`.

import { core } from "ext:core/mod.js";

const lazyProcess = core.createLazyLoader("node:process");

// Options that stand alone; all others of these begin with `--test-` and have a value.
const FLAGS = ["--test-only", "--test-force-exit", "--test-update-snapshots"];

function readSettings() {
  const { env, execArgv } = lazyProcess().default;
  const settings = {
    namePatterns: [],
    skipPatterns: [],
    // Only what is marked by `only`.
    runsMarked: false,
    // The process ends with its tests, whatever else is going on.
    forcesExit: false,
    // Milliseconds; of a test that says no other.
    timeout: Number.POSITIVE_INFINITY,
    reporter: "spec",
    // A file for the numbers of `howth test`, which prints them for all files together.
    results: env.HOWTH_TEST_RESULTS ?? null,
  };
  // A program that a test starts is none of the run's.
  delete env.HOWTH_TEST_RESULTS;
  for (let i = 0; i < execArgv.length; i++) {
    const [name, inline] = split(execArgv[i]);
    if (!name.startsWith("--test-")) continue;
    const value = inline ?? (FLAGS.includes(name) ? "" : execArgv[++i]);
    take(settings, name, value ?? "");
  }
  return settings;
}

function split(argument) {
  const at = argument.indexOf("=");
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

function take(settings, name, value) {
  switch (name) {
    case "--test-name-pattern":
      settings.namePatterns.push(readPattern(name, value));
      break;
    case "--test-skip-pattern":
      settings.skipPatterns.push(readPattern(name, value));
      break;
    case "--test-only":
      settings.runsMarked = true;
      break;
    case "--test-force-exit":
      settings.forcesExit = true;
      break;
    case "--test-timeout":
      settings.timeout = Number(value) || Number.POSITIVE_INFINITY;
      break;
    case "--test-reporter":
      if (value !== "spec" && value !== "tap") {
        throw new TypeError(`howth has no reporter ${value}; give --test-reporter=spec or tap`);
      }
      settings.reporter = value;
      break;
  }
}

// `/pattern/flags`, or the pattern alone.
function readPattern(name, text) {
  const literal = /^\/(.*)\/([a-z]*)$/s.exec(text);
  try {
    return literal === null ? new RegExp(text) : new RegExp(literal[1], literal[2]);
  } catch (error) {
    throw new SyntaxError(`${name}=${text}: ${error.message}`);
  }
}

export { readSettings };
