// The Web platform's own tests of the classes that servers use, in the selection that Node's sources bring. Each file is put
// into one program with the harness, which prints what became of its tests.

import fs from "node:fs";
import path from "node:path";

import { NODE_SOURCES } from "../archive.mjs";
import { each, run } from "../process.mjs";
import { programOf, RESULT, variantsOf } from "./program.mjs";

const FILE_MAX = 30_000;
const FILE_MAX_AGAIN = 90_000;
const FOLDERS = [
  "FileAPI",
  "WebCryptoAPI",
  "dom/abort",
  "dom/events",
  "encoding",
  "fetch",
  "html/webappapis",
  "streams",
  "console",
  "hr-time",
  "performance-timeline",
  "url",
  "user-timing",
  "webidl",
  "webmessaging",
];

export const title = "Web platform tests, as Node's sources bring them";
export const version = "of Node.js 20.19.2";
export const archive = {
  ...NODE_SOURCES,
  only: "*/test/fixtures/wpt/*",
};

function* filesIn(folder) {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(file);
    else if (entry.name.endsWith(".any.js")) yield file;
  }
}

// What the harness says of a file: its tests, or why there are none.
function verdictsIn(ended) {
  const line = ended.stdout.split("\n").find((said) => said.startsWith(RESULT));
  if (line === undefined)
    return { harness: `${ended.why} ${ended.stderr.trim().slice(0, 200)}`, tests: [] };
  return JSON.parse(line.slice(RESULT.length));
}

// The file, with its variant, that a test is of.
const ofTest = (test) => test.slice(0, test.indexOf(": "));

/** How many tests are told of as one. */
export const countOf = (test) => Number(/: (\d+) fail$/.exec(test)?.[1] ?? 1);

/**
 * Every test that passes, by its file and its name, with `null`; those of a file that fail as one, which says how many they
 * are, with the first's name and fault. `matches` leaves some out. `again`: the files that these are of alone; each that is
 * told of no more is there with `undefined`.
 */
export async function results({ folder, command, env, matches, again, tellFault, ...pace }) {
  const root = path.join(folder, "test/fixtures/wpt");
  const wanted = again && new Set(again.map(ofTest));
  const files = FOLDERS.flatMap((name) => [...filesIn(path.join(root, name))]);
  const all = files
    .flatMap((file) => variantsOf(file).map((variant) => ({ file, variant })))
    .map((one) => ({ ...one, of: path.relative(root, one.file) + one.variant }))
    .filter(({ of }) => wanted?.has(of) ?? true);
  const found = new Map();
  const tell = (name, fault) => {
    if (!again && !matches(name)) return;
    found.set(name, fault);
    tellFault(name, fault);
  };
  const milliseconds = again ? FILE_MAX_AGAIN : FILE_MAX;
  await each(all, pace, async ({ file, variant, of }, number) => {
    for (const name of again ?? []) if (ofTest(name) === of) found.set(name, undefined);
    const program = path.join(folder, `program-${number}.mjs`);
    fs.writeFileSync(program, programOf(root, file, variant));
    const ended = await run([...command, program], { cwd: folder, env, milliseconds });
    fs.rmSync(program);
    const { harness, tests } = verdictsIn(ended);
    if (harness !== null) tell(`${of}: the harness`, harness);
    const failing = tests.filter(({ fault }) => fault !== null);
    for (const { name, fault } of tests)
      if (fault === null) tell(`${of}: ${name.replaceAll(/\s+/g, " ")}`, null);
    const [first] = failing;
    if (first)
      tell(
        `${of}: ${failing.length} fail`,
        `${first.name.replaceAll(/\s+/g, " ")}: ${first.fault}`,
      );
  });
  return found;
}
