// Suites that Mocha runs: one program, whose report names each test. Called by the suites of such projects.

import { run } from "./process.mjs";

const SUITE_MAX = 300_000;

/** Every test's name, with what went wrong, or `null`; of a suite that does not come to its report, that alone. */
export async function mochaResults({ folder, command, env, given }) {
  const words = [...command, "node_modules/mocha/bin/mocha.js", "--reporter", "json", ...given];
  const ended = await run(words, {
    cwd: folder,
    env: { ...env, NODE_ENV: "test" },
    milliseconds: SUITE_MAX,
  });
  const found = new Map();
  // Tests print as well, in front of the report and behind it: it begins and ends at the beginning of a line.
  const report = /^\{\n {2}"stats"[\s\S]*?^\}/m.exec(ended.stdout)?.[0];
  if (report === undefined)
    return found.set("the report", `${ended.why}: ${ended.stderr.trim().slice(-300)}`);
  const seen = new Map();
  for (const test of JSON.parse(report).tests) {
    // Several tests may have the same name.
    const count = (seen.get(test.fullTitle) ?? 0) + 1;
    seen.set(test.fullTitle, count);
    const name = count === 1 ? test.fullTitle : `${test.fullTitle} (${count})`;
    found.set(name, test.err?.message === undefined ? null : test.err.message.split("\n", 1)[0]);
  }
  return found;
}
