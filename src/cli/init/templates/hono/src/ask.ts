import assert from "node:assert/strict";
import { test } from "node:test";

import app from "./app.ts";

async function ask(path: string, init?: RequestInit): Promise<Response> {
  return app.request(path, init);
}

