// Express, with JSON, a route with a parameter and a query, and a body that it parses.
import express from "express";

const application = express();
application.use(express.json());
application.get("/", (_request, response) => response.json({ message: "Hello, World!" }));
application.get("/users/:id", (request, response) =>
  response.json({ id: request.params.id, tab: request.query.tab }),
);
application.post("/", (request, response) => response.json({ items: request.body.items.length }));

application.listen(Number(process.env.PORT), "127.0.0.1");
