const http = require("node:http");
const crypto = require("node:crypto");
const httpProxy = require("http-proxy");

// What stands behind the proxy: it tells what it was asked, and takes upgrades to a protocol that echoes.
const behind = http.createServer((req, res) => {
  if (req.url === "/breaks") return req.socket.destroy();
  res.setHeader("X-Behind", "yes");
  if (req.url === "/large") return res.end(Buffer.alloc(1_000_000, "b"));
  let body = "";
  req.on("data", (chunk) => {
    body += chunk;
  });
  req.on("end", () => {
    const { host, "x-forwarded-for": client, "x-through": through } = req.headers;
    res.end(JSON.stringify({ method: req.method, url: req.url, host, client, through, body }));
  });
});

behind.on("upgrade", (req, socket) => {
  const key = `${req.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = crypto.createHash("sha1").update(key).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.once("data", (frame) => {
    const length = frame[1] & 127;
    const mask = frame.subarray(2, 6);
    const text = frame.subarray(6, 6 + length).map((byte, at) => byte ^ mask[at % 4]);
    socket.end(Buffer.concat([Buffer.from([0x81, length]), text]));
  });
});

const proxy = httpProxy.createProxyServer({ xfwd: true });
proxy.on("proxyReq", (sent) => sent.setHeader("X-Through", "proxy"));
proxy.on("error", (error, req, res) => {
  res.writeHead(502);
  res.end(error.code);
});

const target = () => `http://127.0.0.1:${behind.address().port}`;
const server = http.createServer((req, res) => {
  proxy.web(req, res, { target: req.url === "/nobody" ? "http://127.0.0.1:1" : target() });
});
server.on("upgrade", (req, socket, head) => proxy.ws(req, socket, head, { target: target() }));

server.listen(process.env.PORT, "127.0.0.1");
behind.listen(0, "127.0.0.1");
