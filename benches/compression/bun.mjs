import { headers, json } from "./value.mjs";

const encoded = { ...headers, "content-encoding": "gzip", vary: "accept-encoding" };
const zstd = { ...encoded, "content-encoding": "zstd" };
const fetch = (request) =>
  request.headers.get("accept-encoding").startsWith("zstd")
    ? new Response(Bun.zstdCompressSync(json()), { headers: zstd })
    : new Response(Bun.gzipSync(json()), { headers: encoded });
Bun.serve({ port: Number(process.env.PORT), hostname: "127.0.0.1", fetch });
