// One test program, from its start to its end. Called by the suites.

import { spawn } from "node:child_process";

const SAID_MAX = 64 * 1024;
// How long the rest of a program's output is waited for.
const REST_MAX = 1_000;

// What ends the programs that run now: they are in groups of their own, and signals for this one do not reach them.
const running = new Set();

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
]) {
  process.once(signal, () => {
    for (const end of running) end();
    process.exit(code);
  });
}

/**
 * Runs `words` until it ends, or for `milliseconds`; then it and what it started are killed. Gives its exit code, or `null`
 * and why, and what it said, the end of it.
 */
export function run(words, { cwd, env, milliseconds }) {
  return new Promise((resolve) => {
    // A group of its own, so that what it started ends with it.
    const child = spawn(words[0], words.slice(1), {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8");
      child[name].on("data", (text) => {
        said[name] += text;
        if (name === "stderr") said[name] = said[name].slice(-SAID_MAX);
      });
    }
    let late = false;
    const end = () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // Nothing of it is left.
      }
    };
    running.add(end);
    const timer = setTimeout(() => {
      late = true;
      end();
    }, milliseconds);
    child.on("error", (error) => {
      clearTimeout(timer);
      running.delete(end);
      resolve({ code: null, why: error.message, ...said });
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      end();
      running.delete(end);
      const why = late ? `did not end within ${milliseconds / 1000} s` : `ended by ${signal}`;
      const tell = () => resolve({ code, why: code === null ? why : `exit code ${code}`, ...said });
      // What it started may live on in a group of its own, with the same output.
      const patience = setTimeout(tell, REST_MAX);
      child.on("close", () => {
        clearTimeout(patience);
        tell();
      });
    });
  });
}

/** Calls `work` for each of `all`, `jobs` of them at a time, until it is late; tells how many are left then. */
export async function each(all, { jobs, isLate, tellLeft }, work) {
  let next = 0;
  const worker = async () => {
    while (next < all.length && !isLate()) await work(all[next++], next);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  tellLeft(all.length - next);
}

// The line that says what went wrong, of what a program said.
function faultIn({ why, stderr, stdout }) {
  const lines = `${stderr}\n${stdout}`.split("\n").map((line) => line.trim());
  const named =
    lines.find((line) => /(Error|Mismatched|howth:)/.test(line)) ??
    lines.find((line) => line !== "");
  return [why, named].filter(Boolean).join(": ").slice(0, 300);
}

/** Runs a program that ends with 0 if its tests hold, as `run` does; gives what went wrong, or `null`. */
export async function runFile(words, options) {
  const ended = await run(words, options);
  return ended.code === 0 ? null : faultIn(ended);
}
