import { createServer } from "node:http";
import pinoHttp from "pino-http";

const logger = pinoHttp({
  genReqId: (req, res) => {
    const id = req.headers["x-request-id"] ?? "made-here";
    res.setHeader("X-Request-Id", id);
    return id;
  },
  customLogLevel: (req, res, error) => (error || res.statusCode >= 500 ? "error" : "info"),
  redact: ["req.headers.authorization"],
});

const server = createServer((req, res) => {
  logger(req, res);
  req.log.info("in the handler");
  if (req.url === "/fails") {
    res.err = new Error("it broke");
    res.statusCode = 500;
  }
  if (req.url === "/slow") setTimeout(() => res.end("late"), 2000);
  else res.end("done");
});

server.listen(process.env.PORT, "127.0.0.1");
