// Sources of other projects, whose tests are run here: fetched once, checked, unpacked. Called by scripts/suites.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const FETCH_MAX = 120_000;
const INSTALL_MAX = 180_000;
// How long is waited before a registry is asked again.
const WAITS = [2_000, 10_000];

const DEBIAN = "https://deb.debian.org/debian";

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

// A registry that has another version now: it says the same however often it is asked.
class Gone extends Unreachable {}

const PIN = "the registry has it no more, and the suite has to name a version that is there";

// Does `work`, again after a while if a registry could not be reached.
async function persistently(work) {
  for (const wait of WAITS) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unreachable) || error instanceof Gone) throw error;
      await sleep(wait);
    }
  }
  return await work();
}

async function fetchTo(file, url, expected) {
  let answer;
  let bytes;
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_MAX) });
    bytes = Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    throw new Unreachable(`${url}: ${error.cause?.message ?? error.message}`);
  }
  if (answer.status === 404 || answer.status === 410) throw new Gone(`${url}: ${PIN}`);
  if (!answer.ok) throw new Unreachable(`${url}: ${answer.status}`);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== expected) throw new Error(`${url} has the SHA-256 ${found}, not ${expected}`);
  // What is half written never has the name.
  fs.writeFileSync(`${file}.part`, bytes);
  fs.renameSync(`${file}.part`, file);
}

// From the first of `urls` that has it.
async function fetchFromAny(file, urls, expected) {
  const faults = [];
  for (const url of urls) {
    try {
      return await fetchTo(file, url, expected);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      faults.push(error);
    }
  }
  // One that may have it, and does not answer, is asked again.
  throw faults.find((fault) => !(fault instanceof Gone)) ?? faults[0];
}

// Where the machine's own registries may have a file: the mirrors that apt asks, or npm's registry.
async function addressesOf({ debian, npm }) {
  const ask = debian
    ? ["apt-get", "indextargets", "--format", "$(SITE)"]
    : ["npm", "config", "get", "registry"];
  let said = "";
  try {
    said = (await exec(ask[0], ask.slice(1))).stdout;
  } catch (error) {
    if (npm) throw new Unreachable(`${ask[0]}: ${error.message}`);
  }
  const sites = said.split("\n").filter((line) => /^https?:/.test(line));
  // Where there is no apt, Debian's own.
  const all = debian ? [...sites, DEBIAN] : sites;
  return [...new Set(all.map((site) => `${site.replace(/\/$/, "")}/${debian ?? npm}`))];
}

/**
 * The archive of a suite, unpacked in `folder`, which is made anew. `only` is what is unpacked of it, as tar's wildcard;
 * all, if it is not given. What was fetched is kept in `cache`.
 */
export async function unpack({ sha256: expected, only, ...place }, folder, cache) {
  fs.mkdirSync(cache, { recursive: true });
  const file = path.join(cache, path.posix.basename(place.debian ?? place.npm));
  if (!fs.existsSync(file) || sha256(file) !== expected) {
    const urls = await addressesOf(place);
    await persistently(() => fetchFromAny(file, urls, expected));
  }
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const wildcards = only ? ["--wildcards", only] : [];
  await exec("tar", ["-xf", file, "-C", folder, "--strip-components=1", ...wildcards]);
}

/** Installs the packages of `source`, a folder with package.json and package-lock.json, in what was unpacked. */
export async function install(source, folder) {
  // The project's own package.json stays as it is.
  const own = `${folder}-packages`;
  await persistently(() => installIn(own, source));
  fs.renameSync(path.join(own, "node_modules"), path.join(folder, "node_modules"));
  fs.rmSync(own, { recursive: true });
}

async function installIn(own, source) {
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
    await exec("npm", given, { cwd: own, timeout: INSTALL_MAX });
  } catch (error) {
    const said = error.stderr?.trim() || error.message;
    if (/\b(E404|ETARGET)\b/.test(said)) throw new Gone(`npm ci: ${said}: ${PIN}`);
    throw new Unreachable(`npm ci: ${said}`);
  }
}
