// The application. Every core runs its own copy of it: what all cores share is in `Howth.kv`.

import { Hono } from "hono";

import { visits } from "./visits.ts";

const app = new Hono();

app.get("/", (context) => context.html("<!doctype html>\n<title>Hello</title>\n<h1>Hello from howth</h1>\n"));
app.get("/greetings/:name", (context) => context.json({ greeting: `Hello, ${context.req.param("name")}!` }));
app.route("/visits", visits);
app.notFound((context) => context.json({ error: `nothing is at ${context.req.path}` }, 404));

export default app;
