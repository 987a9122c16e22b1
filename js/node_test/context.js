// What the function of a test is given: `t`.
//
// Owns what can be asked of it; the test itself is test.js's. Called by: test.js.

import { Mocks } from "ext:howth/node_test/mocks.js";

const INTERVAL = 50;
const PATIENCE = 1000;

// What the function of a suite is given.
class SuiteContext {
  #test;

  constructor(test) {
    this.#test = test;
  }

  get name() {
    return this.#test.name;
  }

  get fullName() {
    return this.#test.fullName;
  }

  get filePath() {
    return this.#test.run.filePath;
  }

  get signal() {
    return this.#test.controller.signal;
  }

  diagnostic(message) {
    this.#test.notes.push(String(message));
  }
}

// What the function of a test is given, besides.
class TestContext extends SuiteContext {
  #test;
  #assert = null;
  #mocks = null;

  constructor(test) {
    super(test);
    this.#test = test;
  }

  get passed() {
    return this.#test.isOver && this.#test.error === null;
  }

  get error() {
    return this.#test.error?.value ?? null;
  }

  get mock() {
    this.#mocks ??= new Mocks(this.#test.run.parts.mock);
    return this.#mocks;
  }

  // The functions of node:assert; with a plan, each call of them counts.
  get assert() {
    if (this.#assert === null) {
      const test = this.#test;
      this.#assert = {};
      for (const [name, method] of Object.entries(test.run.parts.assert())) {
        this.#assert[name] = (...values) => {
          test.plan?.count();
          return method(...values);
        };
      }
    }
    return this.#assert;
  }

  plan(count, options = {}) {
    if (!Number.isInteger(count) || count < 0) {
      throw new RangeError(`plan() takes a number of assertions, 0 or more, not ${count}`);
    }
    this.#test.plan = new Plan(count, options.wait ?? false);
  }

  test(name, options, fn) {
    this.#test.plan?.count();
    return this.#test.subtest("test", name, options, fn).start();
  }

  before(fn, options) {
    this.#test.hook("before", fn, options);
  }

  after(fn, options) {
    this.#test.hook("after", fn, options);
  }

  beforeEach(fn, options) {
    this.#test.hook("beforeEach", fn, options);
  }

  afterEach(fn, options) {
    this.#test.hook("afterEach", fn, options);
  }

  skip(message) {
    this.#test.skip = message === undefined ? "" : String(message);
  }

  todo(message) {
    this.#test.todo = message === undefined ? "" : String(message);
  }

  runOnly(isOnly) {
    this.#test.runsMarked = Boolean(isOnly);
  }

  // Calls `condition` until it throws no more, and gives what it returns.
  async waitFor(condition, { interval = INTERVAL, timeout = PATIENCE } = {}) {
    const { clearTimeout, setTimeout } = this.#test.run.timers;
    const pause = Promise.withResolvers();
    let isOver = false;
    const end = setTimeout(() => {
      isOver = true;
      pause.resolve();
    }, timeout);
    let cause;
    try {
      while (!isOver) {
        try {
          return await condition();
        } catch (error) {
          cause = error;
        }
        await Promise.race([pause.promise, new Promise((next) => setTimeout(next, interval))]);
      }
    } finally {
      clearTimeout(end);
    }
    throw new Error(`waitFor() waited ${timeout}ms for its condition`, { cause });
  }

  // Called by the test when it is over.
  static end(context) {
    context.#mocks?.restoreAll();
  }
}

// How many assertions and subtests a test has announced.
class Plan {
  #expected;
  #waits;
  #counted = 0;
  #reached = Promise.withResolvers();

  // `waits`: whether the end of the function is too early; a number says how many milliseconds later is too late.
  constructor(expected, waits) {
    this.#expected = expected;
    this.#waits = waits;
  }

  count() {
    this.#counted++;
    if (this.#counted >= this.#expected) this.#reached.resolve();
  }

  // Throws where another number was counted.
  async check({ clearTimeout, setTimeout }) {
    if (this.#waits !== false && this.#counted < this.#expected) {
      const late =
        typeof this.#waits === "number" ? setTimeout(this.#reached.resolve, this.#waits) : null;
      await this.#reached.promise;
      if (late !== null) clearTimeout(late);
    }
    if (this.#counted !== this.#expected) {
      throw new Error(`plan expected ${this.#expected} assertions but received ${this.#counted}`);
    }
  }
}

export { SuiteContext, TestContext };
