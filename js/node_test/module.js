// What `node:test` exports, in the place of Deno's, whose tests run under `deno test` alone.
//
// Of Deno's code are the mocks, and the functions of `t.assert`. Called by: `node:test`, when a program first asks for it
// (crates/snapshot/extended/testing.js).

import { internals } from "ext:core/mod.js";
import { Run } from "ext:howth/node_test/run.js";

// `parts`: what only Deno's module can name.
function makeModule(parts) {
  const run = new Run(parts);

  const make = (kind, values, overrides) => {
    const parent = run.current;
    const options = values.find((value) => typeof value === "object" && value !== null);
    const rest = values.filter((value) => value !== options);
    const subtest = parent.subtest(kind, ...rest, { ...options, ...overrides });
    // A suite starts its tests itself, when it has all of them.
    if (parent.kind === "suite") return Promise.resolve();
    return subtest.start();
  };

  const maker = (kind) => {
    const made = (name, options, fn) => make(kind, [name, options, fn], {});
    for (const mark of ["skip", "todo", "only", "expectFailure"]) {
      made[mark] = (name, options, fn) => make(kind, [name, options, fn], { [mark]: true });
    }
    return made;
  };

  const hook = (kind) => (fn, options) => run.current.hook(kind, fn, options);

  const test = maker("test");
  const suite = maker("suite");
  const exported = {
    after: hook("after"),
    afterEach: hook("afterEach"),
    before: hook("before"),
    beforeEach: hook("beforeEach"),
    describe: suite,
    getTestContext: () => run.current.context,
    it: test,
    mock: parts.mock,
    run: () => {
      throw new Error("run() of node:test is not there under howth; use `howth test`");
    },
    suite,
    test,
  };
  Object.assign(test, exported);
  return { ...exported, default: test };
}

internals.howthTest = makeModule;
