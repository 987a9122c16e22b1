// What a test is given, and what its function is called with.
//
// Owns how arguments and options are read. Called by: test.js and run.js.

const NAMELESS = "<anonymous>";

// A function that takes a second argument is told there that it is through.
function callWith(fn, context) {
  if (fn.length < 2) return fn.call(context, context);
  const { promise, reject, resolve } = Promise.withResolvers();
  const returned = fn.call(context, context, (error) =>
    error === undefined || error === null ? resolve() : reject(error),
  );
  if (typeof returned?.then === "function") {
    throw failure("the function takes a callback and returns a promise; do one of both");
  }
  return promise;
}

function failure(message) {
  const error = new Error(message);
  error.code = "ERR_TEST_FAILURE";
  return error;
}

// Of `skip` and `todo`: the reason, which may be empty; undefined: neither.
function reason(option) {
  if (option === undefined || option === null || option === false) return undefined;
  return option === true ? "" : String(option);
}

function readConcurrency(option) {
  if (option === undefined || option === null) return 1;
  if (option === true) return Math.max(navigator.hardwareConcurrency - 1, 1);
  if (option === false) return 1;
  if (!Number.isInteger(option) || option < 1) {
    throw new RangeError(
      `the option concurrency is a number from 1 on or a boolean, not ${option}`,
    );
  }
  return option;
}

function readArguments(values) {
  const name = values.find((value) => typeof value === "string");
  const options = values.find((value) => typeof value === "object" && value !== null) ?? {};
  const fn = values.find((value) => typeof value === "function") ?? (() => {});
  return { name: name || fn.name || NAMELESS, options, fn };
}

export { callWith, failure, readArguments, readConcurrency, reason };
