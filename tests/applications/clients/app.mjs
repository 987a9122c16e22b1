// A server that asks another one, in the same process, by the clients that applications use.

import { once } from "node:events";
import http from "node:http";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import axios from "axios";
import got from "got";
import fetch, { FormData } from "node-fetch";
import { Agent, interceptors, Pool, request } from "undici";

const seen = { connections: 0, flaky: 0 };

async function upstream(incoming, response) {
  const { pathname } = new URL(incoming.url, "http://a");
  if (pathname === "/slow") return;
  if (pathname === "/flaky" && seen.flaky++ % 2 === 0) return response.writeHead(503).end();
  if (pathname === "/moved") return response.writeHead(302, { location: "/echo" }).end();
  if (pathname === "/gzip") {
    response.writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" });
    return Readable.from(["packed"]).pipe(createGzip()).pipe(response);
  }
  if (pathname === "/broken") {
    response.writeHead(200, { "content-length": "100" });
    return response.write("ten bytes.", () => response.destroy());
  }
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { method, headers } = incoming;
  const type = headers["content-type"]?.split(";")[0] ?? null;
  const body = Buffer.concat(chunks).toString();
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({ method, type, body: type?.startsWith("multipart") ? body.length > 0 : body }),
  );
}

const other = http.createServer(upstream).on("connection", () => seen.connections++);
await once(other.listen(0, "127.0.0.1"), "listening");
const base = `http://127.0.0.1:${other.address().port}`;
const pool = new Pool(base, { connections: 2, pipelining: 1 });

const codeOf = (promise) =>
  promise.then(
    () => "none",
    (error) => error.code ?? error.name,
  );

const json = { name: "Zoë" };

const routes = {
  "/undici": async () => {
    const answer = await request(`${base}/echo`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(json),
    });
    return [answer.statusCode, await answer.body.json()];
  },
  "/undici/pool": async () => {
    const before = seen.connections;
    const work = Array.from({ length: 10 }, () => pool.request({ path: "/echo", method: "GET" }));
    for (const answer of await Promise.all(work)) await answer.body.dump();
    return seen.connections - before;
  },
  "/undici/retry": async () => {
    const dispatcher = new Agent().compose(interceptors.retry({ minTimeout: 1, maxRetries: 2 }));
    const answer = await request(`${base}/flaky`, { dispatcher });
    return [answer.statusCode, (await answer.body.json()).method];
  },
  "/undici/late": () => codeOf(request(`${base}/slow`, { headersTimeout: 50 })),
  "/undici/abort": () => codeOf(request(`${base}/slow`, { signal: AbortSignal.timeout(20) })),
  "/undici/broken": () => codeOf(request(`${base}/broken`).then(({ body }) => body.text())),
  "/axios": async () => {
    const { status, data } = await axios.put(`${base}/echo`, json);
    return [status, data];
  },
  "/axios/redirect": async () => (await axios.get(`${base}/moved`)).data.method,
  "/axios/gzip": async () => (await axios.get(`${base}/gzip`)).data,
  "/axios/form": async () => (await axios.postForm(`${base}/echo`, { a: "1" })).data,
  "/axios/stream": async () => {
    const { data } = await axios.get(`${base}/gzip`, { responseType: "stream" });
    return (await data.toArray()).join("");
  },
  "/axios/late": () => codeOf(axios.get(`${base}/slow`, { timeout: 30 })),
  "/axios/refused": () => codeOf(axios.get("http://127.0.0.1:1/")),
  "/axios/status": () => codeOf(axios.get(`${base}/flaky`).then(() => axios.get(`${base}/flaky`))),
  "/got": async () => [
    await got.post(`${base}/echo`, { json }).json(),
    await got(`${base}/flaky`, { retry: { limit: 2, backoffLimit: 1 } }).json(),
  ],
  "/node-fetch": async () => {
    const body = new FormData();
    body.set("a", "1");
    const answer = await fetch(`${base}/echo`, { method: "POST", body });
    return [await answer.json(), await (await fetch(`${base}/gzip`)).text()];
  },
};

http
  .createServer(async (incoming, response) => {
    try {
      response.end(JSON.stringify(await routes[incoming.url]()));
    } catch (error) {
      response.writeHead(500).end(`${error.stack}`);
    }
  })
  .listen(process.env.PORT, "127.0.0.1");
