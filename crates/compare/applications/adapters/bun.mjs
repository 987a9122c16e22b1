import * as application from "./application.mjs";

const options = {
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
  fetch: application.default,
};
// On several cores there is a process for each, and the kernel deals connections out.
if (Number(process.env.CORES) > 1) options.reusePort = true;
if (application.routes !== undefined) options.routes = application.routes;
if (application.websocket !== undefined) options.websocket = application.websocket;
if (application.isHttp2) options.http2 = true;
if (application.isSecure)
  options.tls = { cert: Bun.file("../certificate.pem"), key: Bun.file("../key.pem") };
const server = Bun.serve(options);
if (options.reusePort) {
  // Whoever takes this one's place has started: answer what was asked, and go.
  process.on("SIGTERM", async () => {
    await server.stop();
    process.exit(0);
  });
}
