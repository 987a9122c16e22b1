// Node has no server for fetch handlers. An application may bring the same work for `node:http`, which is the
// fastest Node has; the others get their Request and Response from here.
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

createServer(application.node ?? answer).listen(Number(process.env.PORT), "127.0.0.1");
