// `t.mock`: the mocks of one test, which end with it.
//
// Owns which they are; what a mock does is Deno's code. Called by: context.js.

class Mocks {
  #all;
  #made = [];
  #usesTimers = false;

  // `all`: `mock` of the module, whose mocks stay.
  constructor(all) {
    this.#all = all;
  }

  #keep(value) {
    this.#made.push(value);
    return value;
  }

  fn(...values) {
    return this.#keep(this.#all.fn(...values));
  }

  method(...values) {
    return this.#keep(this.#all.method(...values));
  }

  getter(...values) {
    return this.#keep(this.#all.getter(...values));
  }

  setter(...values) {
    return this.#keep(this.#all.setter(...values));
  }

  property(...values) {
    return this.#keep(this.#all.property(...values));
  }

  module(...values) {
    return this.#keep(this.#all.module(...values));
  }

  get timers() {
    this.#usesTimers = true;
    return this.#all.timers;
  }

  // Undoes them, and forgets what they were called with.
  reset() {
    this.restoreAll();
    for (const made of this.#made) made.mock?.resetCalls?.();
    this.#made = [];
  }

  // Undoes them, the last first.
  restoreAll() {
    for (const made of this.#made.toReversed()) (made.mock ?? made).restore?.();
    if (this.#usesTimers) this.#all.timers.reset();
  }
}

export { Mocks };
