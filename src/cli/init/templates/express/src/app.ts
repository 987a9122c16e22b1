// The application, which src/server.ts has listen.

import express from "express";

export const app = express();

app.disable("x-powered-by");
app.use(express.json());

app.get("/", (_request, response) => {
  response.type("html").send("<!doctype html>\n<title>Hello</title>\n<h1>Hello from howth</h1>\n");
});

app.get("/greetings/:name", (request, response) => {
  response.json({ greeting: `Hello, ${request.params.name}!` });
});

app.route("/visits")
  .get((_request, response) => {
    response.json({ visits: Howth.kv.get<number>("visits") ?? 0 });
  })
  .post((_request, response) => {
    response.status(201).json({ visits: Howth.kv.increment("visits") });
  });

app.use((request, response) => {
  response.status(404).json({ error: `nothing is at ${request.path}` });
});
