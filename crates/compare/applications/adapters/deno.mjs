import * as application from "./application.mjs";

const options = { port: Number(process.env.PORT), hostname: "127.0.0.1", onListen() {} };
Deno.serve(options, application.default);
