// Suites that Mocha runs: one program, whose report names each test. Called by the suites of such projects.

import { run } from "./process.mjs";

const SUITE_MAX = 300_000;

// The name under which it is told that a suite has not come to its report.
const REPORT = "the report";

/**
 * Every test's name, with what went wrong, or `null`; of a suite that does not come to its report, that alone. `again`: of
 * these alone, each with `undefined` if it is told of no more.
 */
export async function mochaResults({ folder, command, env, given, again, isLate, tellLeft }) {
  const found = new Map();
  if (isLate()) {
    tellLeft(1);
    return found;
  }
  const isPart = again !== undefined && !again.includes(REPORT);
  const words = [...command, "node_modules/mocha/bin/mocha.js", "--reporter", "json", ...given];
  if (isPart) words.push("--grep", patternOf(again));
  const ended = await run(words, {
    cwd: folder,
    env: { ...env, NODE_ENV: "test" },
    milliseconds: SUITE_MAX,
  });
  // Tests print as well, in front of the report and behind it: it begins and ends at the beginning of a line.
  const report = /^\{\n {2}"stats"[\s\S]*?^\}/m.exec(ended.stdout)?.[0];
  if (report === undefined) {
    const fault = `${ended.why}: ${ended.stderr.trim().slice(-300)}`;
    if (isPart) return new Map(again.map((name) => [name, fault]));
    return found.set(REPORT, fault);
  }
  const seen = new Map();
  for (const test of JSON.parse(report).tests) {
    // Several tests may have the same name.
    const count = (seen.get(test.fullTitle) ?? 0) + 1;
    seen.set(test.fullTitle, count);
    const name = count === 1 ? test.fullTitle : `${test.fullTitle} (${count})`;
    found.set(name, test.err?.message === undefined ? null : test.err.message.split("\n", 1)[0]);
  }
  if (again?.includes(REPORT)) return found.set(REPORT, undefined);
  if (!isPart) return found;
  return new Map(again.map((name) => [name, found.has(name) ? found.get(name) : "it was not run"]));
}

// What Mocha runs if it is to run these, and others of the same names.
function patternOf(names) {
  const escaped = names.map((name) =>
    name.replace(/ \(\d+\)$/, "").replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
  );
  return String.raw`^(${escaped.join("|")})( \(\d+\))?$`;
}
