const http = require("node:http");
const { trace } = require("@opentelemetry/api");
const express = require("express");

const tracer = trace.getTracer("a check");
const app = express();

app.get("/items/:id", (req, res) => {
  tracer.startActiveSpan("look up", (span) => {
    setTimeout(() => {
      span.setAttribute("id", req.params.id).end();
      res.json({ trace: trace.getActiveSpan().spanContext().traceId });
    }, 5);
  });
});
app.get("/asks", (req, res) => {
  const { port } = req.socket.address();
  http.get({ port, host: "127.0.0.1", path: "/items/8", agent: false }, (answer) =>
    answer.pipe(res),
  );
});
app.get("/spans", (req, res) => {
  const spans = globalThis.exporter.getFinishedSpans();
  globalThis.exporter.reset();
  res.json(
    spans.map((span) => ({
      name: span.name,
      kind: span.kind,
      trace: span.spanContext().traceId,
      route: span.attributes["http.route"] ?? null,
      status:
        span.attributes["http.response.status_code"] ?? span.attributes["http.status_code"] ?? null,
    })),
  );
});

app.listen(process.env.PORT, "127.0.0.1");
