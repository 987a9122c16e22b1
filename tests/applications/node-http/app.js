const { createServer } = require("node:http");

const server = createServer((req, res) => {
  const url = new URL(req.url, `http://${req.headers.host}`);
  if (url.pathname === "/") {
    res.writeHead(200, "Fine", { "Content-Type": "text/plain", "X-Many": ["a", "b"] });
    res.end(`Hello ${url.searchParams.get("name") ?? "world"}`);
  } else if (url.pathname === "/echo") {
    res.setHeader("Content-Type", req.headers["content-type"] ?? "application/octet-stream");
    req.pipe(res);
  } else if (url.pathname === "/count") {
    let bytes = 0;
    req.on("data", (chunk) => {
      bytes += chunk.length;
    });
    req.on("end", () => {
      res.setHeader("Content-Type", "application/json");
      res.end(JSON.stringify({ bytes, trailers: req.trailers }));
    });
  } else if (url.pathname === "/slowly") {
    let bytes = 0;
    req.on("data", (chunk) => {
      bytes += chunk.length;
      req.pause();
      setTimeout(() => req.resume(), 2);
    });
    req.on("end", () => res.end(String(bytes)));
  } else if (url.pathname === "/stream") {
    res.writeHead(200, { Trailer: "X-Sum" });
    let number = 0;
    const timer = setInterval(() => {
      number += 1;
      res.write(`line ${number}\n`);
      if (number < 3) return;
      clearInterval(timer);
      res.addTrailers({ "X-Sum": "6" });
      res.end();
    }, 5);
  } else if (url.pathname === "/large") {
    res.end(Buffer.alloc(3_000_000, "a"));
  } else if (url.pathname === "/socket") {
    const { remoteAddress, encrypted } = req.socket;
    res.end(
      JSON.stringify({ remoteAddress, encrypted: encrypted ?? false, version: req.httpVersion }),
    );
  } else {
    res.statusCode = 404;
    res.end();
  }
});

server.on("checkContinue", (req, res) => {
  if (Number(req.headers["content-length"]) > 1000) res.writeHead(417).end();
  else {
    res.writeContinue();
    server.emit("request", req, res);
  }
});

server.listen(process.env.PORT, "127.0.0.1");

process.on("SIGTERM", () => server.close(() => process.exit(0)));
