import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const server = createServer((req, res) => res.end("plain"));
const echo = new WebSocketServer({ noServer: true, perMessageDeflate: true });
const room = new WebSocketServer({ noServer: true });

echo.on("connection", (socket, request) => {
  socket.on("message", (data, isBinary) => {
    if (String(data) === "where") socket.send(request.socket.remoteAddress);
    else socket.send(data, { binary: isBinary });
  });
});
room.on("connection", (socket) => {
  socket.send(`${room.clients.size} here`);
  socket.on("message", (data) => {
    for (const client of room.clients) client.send(`all: ${data}`);
  });
  socket.on("close", (code) => console.log(`left with ${code}`));
});

server.on("upgrade", (request, socket, head) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const wss = { "/echo": echo, "/room": room }[pathname];
  if (wss === undefined) {
    socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
    return;
  }
  wss.handleUpgrade(request, socket, head, (client) => wss.emit("connection", client, request));
});

server.listen(process.env.PORT, "127.0.0.1");
