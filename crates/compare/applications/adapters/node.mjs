// Node has no server for fetch handlers. An application may bring the same work for `node:http`, which is the
// fastest Node has; the others get their Request and Response from here.
import cluster from "node:cluster";
import { createServer } from "node:http";
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
  createServer(application.node ?? answer).listen(Number(process.env.PORT), "127.0.0.1");
}
