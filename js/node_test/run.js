// The run of the tests of one process: from the first test to the numbers at the end.
//
// Owns what all tests have in common, and what becomes of errors that nothing catches. Called by: module.js.

import { core } from "ext:core/mod.js";
import { failure } from "ext:howth/node_test/arguments.js";
import { errorText, reporter } from "ext:howth/node_test/report.js";
import { readSettings } from "ext:howth/node_test/settings.js";
import { Test } from "ext:howth/node_test/test.js";

const lazyProcess = core.createLazyLoader("node:process");

class Run {
  settings = readSettings();
  // Of the globals, which a mock may replace.
  timers = {
    clearInterval: globalThis.clearInterval,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    setTimeout: globalThis.setTimeout,
  };
  // What Deno's code has made: `mock`, and the functions of `t.assert`.
  parts;
  root;
  filePath;
  // The first test waits for the rest of its file to say what there is.
  begun;
  counts = {
    tests: 0,
    suites: 0,
    pass: 0,
    fail: 0,
    cancelled: 0,
    skipped: 0,
    todo: 0,
    duration: 0,
  };
  #failures = [];
  #isFailed = false;
  #reporter;
  #storage;
  #process;
  #running = new Set();
  #startTime;
  #state = "running";
  // The hooks behind all tests, while they run.
  #hooks = null;

  constructor(parts) {
    const { AsyncLocalStorage } = core.loadExtScript("ext:deno_node/async_hooks.ts");
    this.parts = parts;
    this.#storage = new AsyncLocalStorage();
    this.#process = lazyProcess().default;
    this.#startTime = this.now();
    this.#reporter = reporter(this.settings);
    this.filePath = this.#process.argv[1];
    this.root = new Test(this, null, "root", "<root>", {}, () => {}, null);
    this.begun = new Promise((resolve) => this.#process.nextTick(resolve));
    this.#listen();
    this.#reporter.begin();
  }

  now() {
    return performance.now();
  }

  #listen() {
    const process = this.#process;
    process.on("uncaughtException", (error) => this.#uncaught(error, "an uncaught exception"));
    process.on("unhandledRejection", (error) => this.#uncaught(error, "an unhandled rejection"));
    process.on("beforeExit", () => {
      if (this.#state === "running") this.#end();
    });
    process.on("exit", () => {
      if (this.#state !== "ended") this.#endAtOnce();
    });
  }

  // The test whose function or hook calls; the root if there is none.
  get current() {
    return this.#storage.getStore() ?? this.root;
  }

  // Calls `action` as the work of a test.
  within(test, action) {
    this.#running.add(test);
    return this.#storage.run(test, action);
  }

  // Calls `action`, which may take so many milliseconds.
  async limited(action, timeout, what) {
    if (timeout === undefined || !Number.isFinite(timeout)) return await action();
    const late = Promise.withResolvers();
    const reject = () => late.reject(failure(`${what} timed out after ${timeout}ms`));
    const timer = this.timers.setTimeout(reject, timeout);
    try {
      return await Promise.race([action(), late.promise]);
    } finally {
      this.timers.clearTimeout(timer);
    }
  }

  // Where the program calls a function of the module.
  callerLocation() {
    const lines = String(new Error().stack).split("\n").slice(1);
    for (const line of lines) {
      const place = /\(?((?:file:\/\/|\/)[^()]*:\d+:\d+)\)?$/.exec(line)?.[1];
      if (place === undefined || line.includes("ext:")) continue;
      const path = decodeURI(place.replace(/^file:\/\//, ""));
      const folder = `${this.#process.cwd()}/`;
      return path.startsWith(folder) ? path.slice(folder.length) : path;
    }
    return null;
  }

  report(event) {
    this.#reporter[event.type](event);
  }

  counted(test, passed) {
    const { counts } = this;
    if (test.counts()) this.#isFailed = true;
    if (test.kind === "suite") counts.suites++;
    else {
      counts.tests++;
      if (test.skip !== undefined) counts.skipped++;
      else if (test.todo !== undefined) counts.todo++;
      else if (test.isCancelled) counts.cancelled++;
      else if (passed) counts.pass++;
      else counts.fail++;
    }
    if (test.counts() && !test.error.isOfSubtests) {
      const { location } = test;
      this.#failures.push({ name: test.fullName, location, text: errorText(test.error.value) });
    }
  }

  ended(test) {
    this.#running.delete(test);
    // What is made in the next moment counts still.
    if (test.parent === this.root) this.timers.setTimeout(() => this.#settle(), 0);
  }

  // All tests that there are have ended, it may be: the hooks behind them may close what keeps the process from ending.
  async #settle() {
    const isThrough = this.root.subtests.every((subtest) => subtest.isOver);
    if (!isThrough || this.#state !== "running") return;
    if (this.settings.forcesExit) {
      await this.#end();
      this.#process.exit();
    }
    this.#hooks ??= this.root.runAfter();
    await this.#hooks;
    this.#hooks = null;
  }

  // What nothing catches belongs to the test that runs, and ends it.
  #uncaught(error, what) {
    const current = this.#storage.getStore();
    const isRunning = (test) => test !== undefined && test.kind !== "root" && !test.isOver;
    const test = isRunning(current) ? current : [...this.#running].findLast(isRunning);
    if (test === undefined) this.#failOutside(error, what);
    else test.stop(error);
  }

  // What happens outside of the tests counts as one that failed.
  #failOutside(error, what) {
    this.#isFailed = true;
    this.counts.tests++;
    this.counts.fail++;
    const text = errorText(error);
    this.#failures.push({ name: `${what} outside of the tests`, location: null, text });
    this.report({
      type: "diagnostic",
      nesting: 0,
      message: `${what} outside of the tests:\n${text}`,
    });
    if (this.#state === "ended") this.#process.exitCode = 1;
  }

  // Nothing is left to do: what is not over never will be.
  async #end() {
    this.#state = "ending";
    const keepsAlive = this.timers.setInterval(() => {}, 60_000);
    const error = failure(
      "the promise of the test is pending, and nothing is left that could resolve it",
    );
    for (const test of this.root.subtests) test.cancel(error);
    await Promise.all(this.root.subtests.map((test) => test.start()));
    await this.#hooks;
    if (!(await this.root.endRoot())) {
      this.#failOutside(this.root.error.value, "a hook");
    }
    this.timers.clearInterval(keepsAlive);
    this.#print();
  }

  // The process ends before its tests do.
  #endAtOnce() {
    const unfinished = this.root.subtests.filter((test) => !test.isOver);
    for (const test of unfinished) {
      this.counts.tests++;
      this.counts.cancelled++;
      const text = "the process has ended before the test";
      this.#failures.push({ name: test.fullName, location: test.location, text });
    }
    if (unfinished.length > 0) this.#isFailed = true;
    this.#print();
  }

  #print() {
    this.#state = "ended";
    const { counts, settings } = this;
    counts.duration = this.now() - this.#startTime;
    this.report({ type: "plan", nesting: 0, count: this.root.resultCount });
    this.#reporter.end(counts, this.#failures);
    if (settings.results !== null) {
      const results = JSON.stringify({ counts, failures: this.#failures });
      Deno.writeTextFileSync(settings.results, results);
    }
    if (this.#isFailed) this.#process.exitCode = 1;
  }
}

export { Run };
