// A route with a parameter, ten fields read by name, three set.
const NAMES = [
  "accept",
  "accept-encoding",
  "accept-language",
  "authorization",
  "cookie",
  "referer",
  "user-agent",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-request-id",
];
const ROUTE = /^\/users\/(\d+)$/;

export default function (request) {
  const match = ROUTE.exec(new URL(request.url).pathname);
  if (match === null) return new Response("no such page", { status: 404 });
  let length = 0;
  for (const name of NAMES) length += request.headers.get(name)?.length ?? 0;
  return new Response(`user ${match[1]}`, {
    headers: {
      "content-type": "text/plain",
      "cache-control": "no-store",
      "x-length": `${length}`,
    },
  });
}

export function node(request, response) {
  const match = ROUTE.exec(new URL(request.url, "http://127.0.0.1").pathname);
  if (match === null) {
    response.statusCode = 404;
    response.end("no such page");
    return;
  }
  let length = 0;
  for (const name of NAMES) length += request.headers[name]?.length ?? 0;
  response.setHeader("content-type", "text/plain");
  response.setHeader("cache-control", "no-store");
  response.setHeader("x-length", `${length}`);
  response.end(`user ${match[1]}`);
}
