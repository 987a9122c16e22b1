// Which tests run: by the patterns and marks of the command line.
//
// Owns the verdict. Called by: test.js.

// A suite is wanted for what is in it.
function isWanted(test) {
  const { namePatterns, runsMarked, skipPatterns } = test.run.settings;
  if (test.parent.runsMarked && !test.options.only) return false;
  if (runsMarked && !isMarked(test)) return false;
  if (namePatterns.length > 0 && !isNamed(test, namePatterns)) return false;
  return skipPatterns.length === 0 || !matches(test, skipPatterns);
}

function matches(test, patterns) {
  const full = test.path.map((each) => each.name).join(" ");
  return patterns.some((pattern) => pattern.test(test.name) || pattern.test(full));
}

function isNamed(test, patterns) {
  const isIn = test.path.some((each) => matches(each, patterns));
  return isIn || test.subtests.some((subtest) => isNamed(subtest, patterns));
}

function isMarked(test) {
  const isIn = (each) => each.options.only && (!hasMarked(each) || each === test);
  // What a test makes while it runs is a part of it.
  const isPart = test.path.slice(0, -1).some((each) => each.kind === "test");
  return isPart || test.path.some(isIn) || hasMarked(test);
}

function hasMarked(test) {
  return test.subtests.some((subtest) => subtest.options.only || hasMarked(subtest));
}

export { isWanted };
