// Node's own tests of its servers: HTTP, HTTPS, TCP and cluster. Each file is a program that ends with 0 if it holds.

import fs from "node:fs";
import path from "node:path";

import { NODE_SOURCES } from "../archive.mjs";
import { each, runFile } from "../process.mjs";

const FILE_MAX = 20_000;
const FILE_MAX_AGAIN = 60_000;
const WANTED = /^test-(http|https|net|cluster)-.*\.m?js$/;

export const title = "Node.js, `test-http-*`, `test-https-*`, `test-net-*`, `test-cluster-*`";
export const version = "20.19.2";
// What `scripts/suites node --node` said.
export const node = { version: "20.20.2", passed: 647, tests: 683 };
export const archive = {
  ...NODE_SOURCES,
  only: "*/test/*",
};

/** Those of a short run. */
export const isShort = (test) => test.startsWith("parallel/test-http-");

/** Every file's name, with what went wrong, or `null`. `matches` leaves some out. */
export async function results({ folder, command, env, matches, again, tellFault, ...pace }) {
  const found = new Map();
  const inFolder = (name) => {
    const files = fs
      .readdirSync(path.join(folder, "test", name))
      .filter((file) => WANTED.test(file));
    return files.map((file) => path.posix.join(name, file)).filter(matches);
  };
  const one = async (name, thread) => {
    const file = path.join(folder, "test", name);
    // The tests write below a folder of their own, and know that they are not started with their flags.
    const own = {
      ...env,
      NODE_SKIP_FLAG_CHECK: "1",
      NODE_TEST_KNOWN_GLOBALS: "0",
      TEST_THREAD_ID: String(thread),
    };
    const fault = await runFile([...command, file], {
      cwd: folder,
      env: own,
      milliseconds: again ? FILE_MAX_AGAIN : FILE_MAX,
    });
    found.set(name, fault);
    tellFault(name, fault);
  };
  await each(inFolder("parallel"), pace, one);
  await each(inFolder("sequential"), { ...pace, jobs: 1 }, one);
  return found;
}
