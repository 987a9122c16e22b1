// How many arguments a handler can be seen to take, by its source.

import { primordials } from "ext:core/mod.js";

// A program may have changed what it finds on prototypes.
const { FunctionPrototypeToString, RegExpPrototypeTest, SafeRegExp } = primordials;

const HIDDEN_ARGUMENTS = new SafeRegExp(/\barguments\b|\beval\b|\[native code\]/);
const NO_PARAMETERS = new SafeRegExp(/^(async\s+)?(function\b\s*[\w$]*\s*|[\w$]+\s*)?\(\s*\)/);
const ONE_PARAMETER = new SafeRegExp(
  /^(async\s+)?((function\b\s*[\w$]*\s*|[\w$]+\s*)?\(\s*[\w$]+\s*,?\s*\)|[\w$]+\s*=>)/,
);

// 0, 1, or 3 for "perhaps all". Calling it with so many cannot be told from calling it with more.
function argumentsTaken(handler) {
  const source = sourceOf(handler);
  if (handler.length > 1 || RegExpPrototypeTest(HIDDEN_ARGUMENTS, source)) return 3;
  if (handler.length === 0) return RegExpPrototypeTest(NO_PARAMETERS, source) ? 0 : 3;
  return RegExpPrototypeTest(ONE_PARAMETER, source) ? 1 : 3;
}

function sourceOf(callable) {
  return FunctionPrototypeToString(callable);
}

export { argumentsTaken, sourceOf };
