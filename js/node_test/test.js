// A test, a suite, or the root of all: when it runs, what it waits for, what has come of it.
//
// Tests of one parent run one after the other unless `concurrency` says more, and are reported in the order in which they
// were made. Never prints. Called by: run.js and module.js.

import {
  callWith,
  failure,
  readArguments,
  readConcurrency,
  reason,
} from "ext:howth/node_test/arguments.js";
import { SuiteContext, TestContext } from "ext:howth/node_test/context.js";
import { Order } from "ext:howth/node_test/order.js";
import { isWanted } from "ext:howth/node_test/selection.js";

class Test {
  // "root", "suite" or "test".
  kind;
  run;
  parent;
  name;
  fn;
  options;
  // Where it was made: file, line and column; null: nobody knows.
  location;
  subtests = [];
  hooks = { before: [], after: [], beforeEach: [], afterEach: [] };
  controller = new AbortController();
  // Why it is skipped or left to be done; undefined: it is not.
  skip;
  todo;
  // Messages of its `diagnostic()`.
  notes = [];
  plan = null;
  // Of its subtests, those alone that are marked by `only`.
  runsMarked = false;
  // What was thrown, in an object, as that may be anything.
  error = null;
  isCancelled = false;
  isOver = false;
  #isStarted = false;
  #done = Promise.withResolvers();
  #stopped = Promise.withResolvers();
  #context = null;
  #startTime = 0;
  // Runs the hooks `before` once.
  #before = null;
  // What a suite's function has returned.
  #built = null;
  // Subtests that run, and starts of those that wait for their turn.
  #running = 0;
  #waiting = [];
  #concurrency;
  // When what it tells is reported.
  order = new Order(this);

  constructor(run, parent, kind, name, options, fn, location) {
    this.run = run;
    this.parent = parent;
    this.kind = kind;
    this.name = name;
    this.options = options;
    this.fn = fn;
    this.location = location;
    this.skip = reason(options.skip);
    this.todo = reason(options.todo);
    this.#concurrency = readConcurrency(options.concurrency);
    this.#stopped.promise.catch(() => {});
  }

  get nesting() {
    return this.parent === null ? -1 : this.parent.nesting + 1;
  }

  // What its function is given; undefined: it has not begun.
  get context() {
    return this.#context ?? undefined;
  }

  // It and what it is in, the outermost first.
  get path() {
    return this.parent === null ? [] : [...this.parent.path, this];
  }

  get fullName() {
    return this.path.map((test) => test.name).join(" > ");
  }

  // Makes a subtest; the arguments are those of `test()`, of which each may be left out.
  subtest(kind, ...values) {
    const { name, options, fn } = readArguments(values);
    if (this.isOver) {
      throw new Error(`the test "${this.name}" is over, and can have no subtest "${name}"`);
    }
    const { run } = this;
    const subtest = new Test(run, this, kind, name, options, fn, run.callerLocation());
    this.subtests.push(subtest);
    if (kind === "suite" && subtest.skip === undefined) subtest.#build();
    return subtest;
  }

  hook(kind, fn, options = {}) {
    if (typeof fn !== "function") {
      throw new TypeError(`${kind}() needs a function, not ${typeof fn}`);
    }
    const hook = { fn, options };
    // A test that runs has nothing before it any more.
    if (kind !== "before" || this.#context === null || this.kind !== "test") {
      this.hooks[kind].push(hook);
      return;
    }
    const ran = this.#attempt(() => this.#runHook(hook, this.#context));
    this.#before = Promise.all([this.#before, ran]);
  }

  // A suite's function makes its tests at once, or in the promise that it returns.
  #build() {
    this.#context = new SuiteContext(this);
    try {
      this.#built = this.run.within(this, () => this.fn.call(this.#context, this.#context));
      this.#built?.then?.(null, () => {});
    } catch (error) {
      this.fail(error);
    }
  }

  // Resolves when the test is over, whatever has come of it.
  start() {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.parent.#enter(this);
    }
    return this.#done.promise;
  }

  #enter(subtest) {
    if (this.#running < this.#concurrency) {
      this.#running++;
      subtest.#execute();
    } else {
      this.#waiting.push(subtest);
    }
  }

  #leave() {
    this.#running--;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#enter(next);
  }

  async #execute() {
    await this.run.begun;
    if (!isWanted(this)) {
      this.#end();
      return;
    }
    this.order.tell({ type: "start", name: this.name });
    this.#startTime = this.run.now();
    if (this.isCancelled) {
      await this.#runSubtests();
    } else if (this.skip === undefined) {
      const stop = this.#watch();
      if (this.kind === "suite") await this.#runSuite();
      else await this.#runTest();
      stop();
    }
    this.#finish();
  }

  async #runSuite() {
    await this.#attempt(() => this.#guarded(() => this.#built));
    if (this.error === null) await this.#attempt(() => this.parent.#runBefore());
    if (this.error === null) await this.#attempt(() => this.#guarded(() => this.#runBefore()));
    await this.#runSubtests();
    await this.runAfter();
    this.#failWithSubtests();
  }

  async #runTest() {
    const context = new TestContext(this);
    this.#context = context;
    const around = [this.run.root, ...this.parent.path];
    await this.#attempt(() => this.parent.#runBefore());
    for (const test of around) await this.#runHooks(test, "beforeEach", context);
    if (this.error === null) {
      await this.#attempt(() => this.#guarded(() => this.run.within(this, () => this.#call())));
      await this.#runSubtests();
      if (this.error === null && this.plan !== null) {
        await this.#attempt(() => this.#guarded(() => this.plan.check(this.run.timers)));
      }
    }
    this.#judge();
    for (const test of around.toReversed()) await this.#runHooks(test, "afterEach", context);
    await this.runAfter();
    TestContext.end(context);
    this.#failWithSubtests();
  }

  // Without a function there is nothing that could fail.
  #call() {
    return callWith(this.fn, this.#context);
  }

  // A test that was to fail has passed if it did.
  #judge() {
    if (!this.options.expectFailure || this.isCancelled) return;
    if (this.error === null) this.fail(new Error("the test was expected to fail but passed"));
    else this.error = null;
  }

  async #runSubtests() {
    if (this.error !== null) {
      for (const subtest of this.subtests) subtest.cancel(new Error("its parent has failed"));
    }
    // Subtests may come while others run.
    for (let i = 0; i < this.subtests.length; i++) this.subtests[i].start();
    let known = 0;
    while (known < this.subtests.length) {
      known = this.subtests.length;
      await Promise.all(this.subtests.map((subtest) => subtest.start()));
    }
  }

  #failWithSubtests() {
    const failed = this.subtests.filter((subtest) => subtest.counts());
    if (failed.length === 0 || this.error !== null) return;
    const error = new Error(`${failed.length} subtest${failed.length > 1 ? "s" : ""} failed`);
    error.code = "ERR_TEST_FAILURE";
    this.fail(error);
    this.error.isOfSubtests = true;
  }

  // Whether it makes its parent fail.
  counts() {
    return this.error !== null && this.todo === undefined;
  }

  #runBefore() {
    this.#before ??= this.#runBeforeOnce();
    return this.#before;
  }

  async #runBeforeOnce() {
    const context = this.#context ?? new SuiteContext(this);
    if (this.kind === "suite") await this.parent.#runBefore();
    for (const hook of this.hooks.before) await this.#runHook(hook, context);
  }

  // The hooks `after`, of which each runs once.
  async runAfter() {
    const context = this.#context ?? new SuiteContext(this);
    for (const hook of this.hooks.after.splice(0)) {
      await this.#attempt(() => this.#runHook(hook, context));
    }
  }

  // For this test, hooks of `owner`: itself or what it is in. What one of them throws makes this test fail.
  async #runHooks(owner, kind, context) {
    if (kind === "beforeEach" && this.error !== null) return;
    for (const hook of owner.hooks[kind]) await this.#attempt(() => owner.#runHook(hook, context));
  }

  #runHook({ fn, options }, context) {
    const call = () => this.run.within(this, () => callWith(fn, context));
    return this.run.limited(call, options.timeout, "hook");
  }

  async #attempt(action) {
    try {
      await action();
    } catch (error) {
      this.fail(error);
    }
  }

  // The first error is the one that counts.
  fail(error) {
    this.error ??= { value: error, isOfSubtests: false };
  }

  // Ends it early: its function is waited for no longer.
  stop(error) {
    this.fail(error);
    this.#stopped.reject(error);
    this.controller.abort(error);
    for (const subtest of this.subtests) subtest.cancel(error);
  }

  cancel(error) {
    if (this.isOver) return;
    this.isCancelled = true;
    this.stop(error);
  }

  #guarded(action) {
    return Promise.race([this.#stopped.promise, action()]);
  }

  // Ends the test at its time limit, or when its signal says so; the function that gives that up.
  #watch() {
    const { timers } = this.run;
    const { signal } = this.options;
    const timeout =
      this.options.timeout ?? (this.kind === "test" ? this.run.settings.timeout : Infinity);
    const late = () => this.cancel(failure(`test timed out after ${timeout}ms`));
    const timer = Number.isFinite(timeout) ? timers.setTimeout(late, timeout) : null;
    const aborted = () => this.cancel(signal.reason ?? failure("the test was aborted"));
    if (signal?.aborted) aborted();
    signal?.addEventListener("abort", aborted, { once: true });
    return () => {
      if (timer !== null) timers.clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
  }

  #finish() {
    const duration = this.run.now() - this.#startTime;
    const count = this.order.results;
    if (count > 0) this.order.tell({ type: "plan", nesting: this.nesting + 1, count });
    const { error, kind, location, name, skip, todo } = this;
    const passed = error === null || skip !== undefined;
    this.run.counted(this, passed);
    this.order.tell({
      type: "result",
      duration,
      error: error?.value,
      isOfSubtests: error?.isOfSubtests ?? false,
      kind,
      location,
      name,
      passed,
      skip,
      todo,
    });
    for (const message of this.notes) this.order.tell({ type: "diagnostic", message });
    this.#end();
  }

  #end() {
    this.isOver = true;
    this.controller.abort();
    this.parent.order.advance();
    this.#done.resolve();
    this.parent.#leave();
    this.run.ended(this);
  }

  // Of the root, when all is over: its own hooks; false: one has failed.
  async endRoot() {
    if (this.subtests.length === 0) await this.#attempt(() => this.#runBefore());
    await this.runAfter();
    return this.error === null;
  }

  // How many subtests of the root have a result.
  get resultCount() {
    return this.order.results;
  }
}

export { Test };
