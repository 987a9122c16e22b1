import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import app from "./app.ts";

let server: Howth.Server;

before(() => {
  server = Howth.serve({ ...app, hostname: "127.0.0.1", port: 0 });
});

after(() => server.stop());

function ask(path: string, init?: RequestInit): Promise<Response> {
  return fetch(new URL(path, server.url), init);
}

