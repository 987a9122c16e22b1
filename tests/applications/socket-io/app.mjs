import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer((req, res) => res.end("plain"));
const io = new Server(server, { cors: { origin: "https://a.example" } });

io.on("connection", (socket) => {
  socket.emit("welcome", socket.conn.transport.name);
  socket.on("echo", (text, done) => done(`echo ${text}`));
  socket.on("all", (text) => io.emit("all", text));
});

server.listen(process.env.PORT, "127.0.0.1");

process.once("SIGTERM", () => io.close());
