// Express 4's own tests.

import path from "node:path";

import { install } from "../archive.mjs";
import { mochaResults } from "../mocha.mjs";

export const title = "Express 4, its own suite";
export const version = "4.18.2";
// What `scripts/suites express-4 --node` said.
export const node = { version: "20.20.2", passed: 1260, tests: 1264 };
export const archive = {
  debian: "pool/main/n/node-express/node-express_4.18.2+~4.17.14.orig.tar.gz",
  sha256: "a9ace1a92a2b0a7e3fcd7a7612553d6208a464561c15ad38f349fc3ab0d7cda0",
};

export const prepare = (folder) => install(path.dirname(new URL(import.meta.url).pathname), folder);

export const results = (options) =>
  mochaResults({
    ...options,
    given: [
      "--require",
      "test/support/env",
      "--check-leaks",
      "--exit",
      "test/",
      "test/acceptance/",
    ],
  });
