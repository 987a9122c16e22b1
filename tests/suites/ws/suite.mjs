// The tests of ws: WebSockets on node:http and node:https, server and client.

import path from "node:path";

import { install } from "../archive.mjs";
import { mochaResults } from "../mocha.mjs";

export const title = "ws, its own suite";
export const version = "8.18.1";
// What `scripts/suites ws --node` said.
export const node = { version: "20.20.2", passed: 428, tests: 428 };
export const archive = {
  debian: "pool/main/n/node-ws/node-ws_8.18.1+~cs14.18.2.orig.tar.gz",
  sha256: "f80308e18245a666ebfe76c8ce6180485ea608f182af2dfb2c08773b591c7bcb",
};

export const prepare = (folder) => install(path.dirname(new URL(import.meta.url).pathname), folder);

export const results = (options) =>
  mochaResults({ ...options, given: ["--exit", "test/*.test.js"] });
