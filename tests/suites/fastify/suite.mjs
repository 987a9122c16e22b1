// Fastify's own tests, each file a program of node:test that ends with 0 if it holds. Its package brings them.

import fs from "node:fs";
import path from "node:path";

import { install } from "../archive.mjs";
import { each, runFile } from "../process.mjs";

const FILE_MAX = 60_000;
const FILE_MAX_AGAIN = 120_000;

export const title = "Fastify, its own suite";
export const version = "5.12.8";
// What `scripts/suites fastify --node` said.
export const node = { version: "20.20.2", passed: 196, tests: 197 };
export const archive = {
  npm: "fastify/-/fastify-5.12.8.tgz",
  sha256: "459048aabd9311309f4f95b36e8ca065e3a4613ded292bcf50442926931e4748",
};

export const prepare = (folder) => install(path.dirname(new URL(import.meta.url).pathname), folder);

/** A short run has all of them. */
export const isShort = () => true;

/** Every file's name, with what went wrong, or `null`. `matches` leaves some out. */
export async function results({ folder, command, env, matches, again, tellFault, ...pace }) {
  const found = new Map();
  const all = fs.readdirSync(path.join(folder, "test"), { recursive: true });
  const files = all.filter((file) => file.endsWith(".test.js")).filter(matches);
  const milliseconds = again ? FILE_MAX_AGAIN : FILE_MAX;
  await each(files.sort(), pace, async (name) => {
    const words = [...command, path.join("test", name)];
    const fault = await runFile(words, { cwd: folder, env, milliseconds });
    found.set(name, fault);
    tellFault(name, fault);
  });
  return found;
}
