import { createServer } from "node:http";
import { gzip } from "node:zlib";
import { headers, json } from "./value.mjs";

const encoded = { ...headers, "content-encoding": "gzip", vary: "accept-encoding" };
const server = createServer((_, response) => {
  gzip(json(), (_, bytes) => {
    response.writeHead(200, { ...encoded, "content-length": bytes.length });
    response.end(bytes);
  });
});
server.listen(Number(process.env.PORT), "127.0.0.1");
