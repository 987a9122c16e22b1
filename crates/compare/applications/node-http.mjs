// The least there is on `node:http`.
import { createServer } from "node:http";

const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/plain" });
  response.end("Hi");
});
server.listen(Number(process.env.PORT), "127.0.0.1");
