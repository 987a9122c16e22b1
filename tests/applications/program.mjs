// A program that is started, listens at a port and is ended by its process id. It says nothing about what it serves. Called
// by scripts/compatibility and services.mjs.

import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import net from "node:net";
import { constants } from "node:os";

const START_MAX = 30_000;
const STOP_MAX = 15_000;
const PORT_MIN = 16_384;
const PORT_MAX = 32_768;
const KEPT_MAX = 1_000_000;
const SAID_MAX = 2_000;

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Fails if the promise is not settled in time. */
export function within(promise, milliseconds, what) {
  let timer;
  const late = new Promise((_, reject) => {
    const error = new Error(`${what} takes longer than ${milliseconds} ms`);
    timer = setTimeout(() => reject(error), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A port that nobody listens on at this moment, below those that the kernel deals out: what is dealt meanwhile is another. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    let attempts = 100;
    const listen = () => server.listen(randomInt(PORT_MIN, PORT_MAX), "127.0.0.1");
    server.on("error", (error) => (--attempts > 0 ? listen() : reject(error)));
    server.on("listening", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
    listen();
  });
}

function isHeard(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("connect", () => socket.destroy(resolve(true)));
    socket.on("error", () => resolve(false));
  });
}

export class Program {
  /** `options`: those of `spawn`. */
  constructor(command, port, options) {
    this.port = port;
    this.output = "";
    this.child = spawn(command[0], command.slice(1), {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.output = (this.output + text).slice(-KEPT_MAX);
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.on("error", (error) => {
        this.output += error.message;
        resolve("not started");
      });
      this.child.on("close", (code, signal) => resolve(code ?? signal));
    });
    this.ended.then((how) => {
      this.how = how;
    });
  }

  /** The last of what it has written. */
  get said() {
    return this.output.trim().slice(-SAID_MAX);
  }

  async starts() {
    const end = Date.now() + START_MAX;
    while (!(await isHeard(this.port))) {
      if (this.how !== undefined) throw new Error(`ended (${this.how}): ${this.said}`);
      if (Date.now() > end) throw new Error(`does not listen: ${this.said}`);
      await sleep(50);
    }
  }

  /** Until it has ended by itself, with 0. */
  async finishes(milliseconds) {
    const how = await within(this.ended, milliseconds, "it");
    if (how !== 0) throw new Error(`ended with ${how}: ${this.said}`);
  }

  /** By a signal, and it has to be its own end: with 0, by the signal, or with the code that a shell gives for that. */
  async stops(signal = "SIGTERM") {
    if (this.how !== undefined) throw new Error(`had ended before (${this.how})`);
    this.child.kill(signal);
    const how = await within(this.ended, STOP_MAX, `the end after ${signal}`);
    if (![0, signal, 128 + constants.signals[signal]].includes(how))
      throw new Error(`ended with ${how}: ${this.said}`);
  }

  kill() {
    if (this.how === undefined) this.child.kill("SIGKILL");
  }
}
