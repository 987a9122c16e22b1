import * as application from "./application.mjs";

const options = { port: Number(process.env.PORT), hostname: "127.0.0.1", onListen() {} };
if (application.isSecure) {
  options.cert = Deno.readTextFileSync("../certificate.pem");
  options.key = Deno.readTextFileSync("../key.pem");
}
Deno.serve(options, application.default);
