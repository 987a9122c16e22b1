// Sources of other projects, whose tests are run here: fetched once, checked, unpacked. Called by scripts/suites.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const FETCH_MAX = 120_000;

const exec = promisify(execFile);

function sha256(file) {
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}

/** The sources of Node.js. Suites say what they take of them. */
export const NODE_SOURCES = {
  debian: "pool/main/n/nodejs/nodejs_20.19.2+dfsg.orig.tar.xz",
  sha256: "5e5559381ad031d245a8efa403458abbb73755f74c3e6380f185a4dd342b7949",
};

// A registry that does not answer with the file is told apart from a file that is not the right one.
export class Unreachable extends Error {}

async function fetchTo(file, url) {
  let answer;
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_MAX) });
  } catch (error) {
    throw new Unreachable(`${url}: ${error.cause?.message ?? error.message}`);
  }
  if (!answer.ok) throw new Unreachable(`${url}: ${answer.status}`);
  fs.writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
}

// Where the machine's own registries have a file: the mirror that apt asks, or npm's registry.
async function addressOf({ debian, npm }) {
  const ask = debian
    ? ["apt-get", "indextargets", "--format", "$(SITE)"]
    : ["npm", "config", "get", "registry"];
  try {
    const { stdout } = await exec(ask[0], ask.slice(1));
    const [site] = stdout.split("\n");
    return `${site.replace(/\/$/, "")}/${debian ?? npm}`;
  } catch (error) {
    throw new Unreachable(`${ask[0]}: ${error.message}`);
  }
}

/**
 * The archive of a suite, unpacked in `folder`, which is made anew. `only` is what is unpacked of it, as tar's wildcard;
 * all, if it is not given. What was fetched is kept in `cache`.
 */
export async function unpack({ sha256: expected, only, ...place }, folder, cache) {
  const url = await addressOf(place);
  fs.mkdirSync(cache, { recursive: true });
  const file = path.join(cache, decodeURIComponent(path.basename(new URL(url).pathname)));
  if (!fs.existsSync(file) || sha256(file) !== expected) await fetchTo(file, url);
  const found = sha256(file);
  if (found !== expected) throw new Error(`${url} has the SHA-256 ${found}, not ${expected}`);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const wildcards = only ? ["--wildcards", only] : [];
  await exec("tar", ["-xf", file, "-C", folder, "--strip-components=1", ...wildcards]);
}

/** Installs the packages of `source`, a folder with package.json and package-lock.json, in what was unpacked. */
export async function install(source, folder) {
  // The project's own package.json stays as it is.
  const own = `${folder}-packages`;
  fs.rmSync(own, { recursive: true, force: true });
  fs.mkdirSync(own);
  for (const name of ["package.json", "package-lock.json"]) {
    fs.copyFileSync(path.join(source, name), path.join(own, name));
  }
  const given = [
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--prefer-offline",
  ];
  try {
    await exec("npm", given, { cwd: own, timeout: FETCH_MAX });
  } catch (error) {
    throw new Unreachable(`npm ci: ${error.stderr?.trim() || error.message}`);
  }
  fs.renameSync(path.join(own, "node_modules"), path.join(folder, "node_modules"));
  fs.rmSync(own, { recursive: true });
}
