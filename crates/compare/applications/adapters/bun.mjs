import * as application from "./application.mjs";

const options = {
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
  fetch: application.default,
};
if (application.routes !== undefined) options.routes = application.routes;
Bun.serve(options);
