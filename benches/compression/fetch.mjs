import { headers, json } from "./value.mjs";

// howth; Deno's own server where there is one, with its own compression.
const fetch = () => new Response(json(), { headers });
const options = { port: Number(process.env.PORT), hostname: "127.0.0.1", onListen() {} };
if (globalThis.Howth) Howth.serve(options, fetch);
else Deno.serve({ ...options, automaticCompression: true }, fetch);
