// Node has no server for fetch handlers. An application may bring the same work for `node:http`, which is the
// fastest Node has; the others get their Request and Response from here.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createSecureServer as createHttp2Server } from "node:http2";
import { createServer as createSecureServer } from "node:https";
import { Readable } from "node:stream";
import * as application from "./application.mjs";

async function answer(request, response) {
  const hasBody = request.method !== "GET" && request.method !== "HEAD";
  const answer = await application.default(
    new Request(`http://${request.headers.host}${request.url}`, {
      method: request.method,
      headers: request.headers,
      body: hasBody ? Readable.toWeb(request) : undefined,
      duplex: "half",
    }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

function server() {
  if (!application.isSecure) return createServer(application.node ?? answer);
  const [cert, key] = ["../certificate.pem", "../key.pem"].map((file) => readFileSync(file));
  const create = application.isHttp2 ? createHttp2Server : createSecureServer;
  return create({ cert, key }, application.node);
}

// Node has no WebSockets on the server's side: what its users take.
async function addWebSockets(server, handle) {
  const { WebSocketServer } = await import("ws").catch(() => {
    // The first line is what the results say.
    console.error("ws is not installed; --install has it from npm");
    process.exit(1);
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    socket.on("message", (message, isBinary) => handle(socket, message, isBinary, sockets.clients));
  });
}

const cores = Number(process.env.CORES);
if (cores > 1 && cluster.isPrimary) {
  for (let core = 0; core < cores; core += 1) cluster.fork();
  // A reload: an old worker goes when a new one listens in its place.
  process.on("SIGHUP", () => {
    for (const old of Object.values(cluster.workers)) {
      cluster.fork().once("listening", () => old.disconnect());
    }
  });
} else {
  const own = server();
  if (application.websocket !== undefined) await addWebSockets(own, application.nodeWebSocket);
  own.listen(Number(process.env.PORT), "127.0.0.1");
}
