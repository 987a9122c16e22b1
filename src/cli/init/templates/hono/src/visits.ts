// A part of the application: how often it was visited, on all cores together.

import { Hono } from "hono";

export const visits = new Hono()
  .get("/", (context) => context.json({ visits: Howth.kv.get<number>("visits") ?? 0 }))
  .post("/", (context) => context.json({ visits: Howth.kv.increment("visits") }, 201));
