// A page that speaks HTTP/2 and a WebSocket to the server it came from, and tells what came of it. See scripts/browser.

import { readFileSync } from "node:fs";

const page = readFileSync(new URL("page.html", import.meta.url));

/** So many parts, one after the other. */
function stream(parts) {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      if (sent === parts) return controller.close();
      sent += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.enqueue(new Uint8Array(30_000));
    },
  });
}

export default {
  async fetch(request, server) {
    switch (new URL(request.url).pathname) {
      case "/":
        return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
      case "/echo":
        return new Response(request.body);
      case "/stream":
        return new Response(stream(10));
      case "/socket":
        return server.upgrade(request) ? undefined : new Response("no WebSocket", { status: 400 });
      case "/result":
        console.log(await request.text());
        return new Response();
      default:
        return new Response("not found", { status: 404 });
    }
  },
  websocket: { perMessageDeflate: true, message: (socket, message) => socket.send(message) },
};
