// As Start's documents put it behind a server of one's own.

import { serve } from "srvx";
import { staticMiddleware } from "srvx/static";
import start from "./dist/server/server.js";

const dir = new URL("dist/client", import.meta.url).pathname;

serve({
  port: process.env.PORT,
  hostname: "127.0.0.1",
  middleware: [staticMiddleware({ dir })],
  fetch: (request) => start.fetch(request),
});
