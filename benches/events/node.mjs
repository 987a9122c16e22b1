// Server-sent events by hand, with node:http.

import { createServer } from "node:http";

const listeners = new Set();

function listen(response) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.flushHeaders();
  listeners.add(response);
  response.on("close", () => listeners.delete(response));
}

function publish(response) {
  const data = { symbol: "ABC", price: Math.random(), at: Date.now(), note: "x".repeat(60) };
  const bytes = Buffer.from(`event: price\ndata: ${JSON.stringify(data)}\n\n`);
  for (const listener of listeners) listener.write(bytes);
  response.end(String(listeners.size));
}

createServer((request, response) => {
  if (request.url === "/listen") listen(response);
  else publish(response);
}).listen(Number(process.env.PORT));
