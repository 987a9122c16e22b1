import * as Sentry from "@sentry/node";
import express from "express";
import { events } from "./instrument.mjs";

const app = express();

app.get("/fails/:id", (req) => {
  Sentry.setTag("id", req.params.id);
  throw new Error(`item ${req.params.id} broke`);
});
app.get("/items/:id", (req, res) => res.json({ id: req.params.id }));
app.get("/told", async (req, res) => {
  await Sentry.flush(1000);
  const told = events.splice(0).map(({ type, payload }) => ({
    type,
    transaction: payload.transaction ?? null,
    error: payload.exception?.values[0].value ?? null,
    id: payload.tags?.id ?? null,
    url: payload.request?.url ?? null,
    spans: payload.items?.map(({ name }) => name) ?? [],
  }));
  res.json(told);
});
Sentry.setupExpressErrorHandler(app);
app.use((error, req, res, next) => res.status(500).json({ error: error.message }));

app.listen(process.env.PORT, "127.0.0.1");
