// A router from npm, with a parameter and JSON.
import { Hono } from "hono";

const application = new Hono();
application.get("/", (context) => context.text("Hi"));
application.get("/users/:id", (context) => context.json({ id: context.req.param("id") }));

export default (request) => application.fetch(request);
