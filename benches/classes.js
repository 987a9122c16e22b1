// What it costs to construct and read Headers, Request and Response, in nanoseconds each.
//
//     howth run benches/classes.js          (also: bun, deno run, node)
//
// A plain script, so that it says the same of every runtime. Every object adds a number to a sum that is printed:
// nothing can be optimised away. The least of many short rounds is taken, after a warm-up in the same loop: on a machine
// that others use as well, the shortest is the least disturbed.

const WARM_UP_MS = 100;
const ROUND_MS = 10;
const ROUNDS = 30;

const bytes = new TextEncoder().encode("Hi, these are bytes");
const two = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
const read = new Headers(two);
const written = new Headers(two);
const original = new Request("http://localhost/abc", { headers: two });
let count = 0;

const cases = {
  'new Response("Hi")': () => new Response("Hi").status,
  "Response.json({ message })": () => Response.json({ message: "Hello, World!" }).status,
  'new Response("Hi", { headers: two })': () =>
    new Response("Hi", {
      headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    }).status,
  'new Response("Hi", { headers: one of them new })': () =>
    new Response("Hi", { headers: { "content-type": "text/html", "x-request-id": `${count++}` } })
      .status,
  'new Response("Hi", { status, headers: Headers })': () =>
    new Response("Hi", { status: 201, headers: read }).status,
  "new Response(null, { status: 204 })": () => new Response(null, { status: 204 }).status,
  "new Response(bytes, { headers: one })": () =>
    new Response(bytes, { headers: { "content-type": "image/png" } }).status,
  "new Response(stream, { headers: one })": () =>
    new Response(new ReadableStream(), { headers: { "content-type": "image/png" } }).status,
  "new ReadableStream()": () => (new ReadableStream().locked ? 1 : 2),
  "Response.json(value, { status, headers })": () =>
    Response.json({ message: "Hello" }, { status: 201, headers: { "x-served-by": "me" } }).status,
  "Response.redirect(url)": () => Response.redirect("http://localhost/there").status,
  "new Response(other.body, other)": () => {
    const other = new Response("Hi", { headers: { "content-type": "text/html" } });
    return new Response(other.body, other).status;
  },
  'new Response("Hi").headers.set': () => {
    const response = new Response("Hi");
    response.headers.set("x-served-by", "me");
    return response.status;
  },
  'new Response("Hi").clone()': () => new Response("Hi").clone().status,
  "new Headers()": () => (new Headers() === null ? 1 : 2),
  'new Headers({ a: "b" })': () => (new Headers({ a: "b" }) === null ? 1 : 2),
  'new Headers([["a", "b"]])': () => (new Headers([["a", "b"]]) === null ? 1 : 2),
  "new Headers(headers)": () => (new Headers(read) === null ? 1 : 2),
  "headers.get": () => read.get("content-type").length,
  "headers.get, none": () => (read.get("x-none") === null ? 1 : 2),
  "headers.has": () => (read.has("cache-control") ? 1 : 2),
  "headers.set": () => written.set("cache-control", "no-cache") ?? 1,
  "headers.append and delete": () => {
    written.append("x-new", "value");
    written.delete("x-new");
    return 1;
  },
  "for (… of headers)": () => {
    let length = 0;
    for (const [name, value] of read) length += name.length + value.length;
    return length;
  },
  "headers.forEach": () => {
    let length = 0;
    read.forEach((value, name) => {
      length += name.length + value.length;
    });
    return length;
  },
  "new Request(url)": () => new Request("http://localhost/abc").method.length,
  "new Request(url, { method, headers, body })": () =>
    new Request("http://localhost/abc", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"a":1}',
    }).method.length,
  "new Request(request)": () => new Request(original).method.length,
  "request.clone()": () => original.clone().method.length,
};

let sum = 0;

// Nanoseconds per call over at least `milliseconds`.
function measure(construct, milliseconds) {
  const start = performance.now();
  let calls = 0;
  let elapsed = 0;
  do {
    for (let i = 0; i < 1000; i++) sum += construct();
    calls += 1000;
    elapsed = performance.now() - start;
  } while (elapsed < milliseconds);
  return (elapsed * 1e6) / calls;
}

const wanted = globalThis.process?.argv?.[2];
const results = {};
for (const [name, construct] of Object.entries(cases)) {
  if (wanted !== undefined && !name.includes(wanted)) continue;
  measure(construct, WARM_UP_MS);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    least = Math.min(least, measure(construct, ROUND_MS));
  }
  results[name] = Math.round(least);
  console.log(`${String(results[name]).padStart(7)}  ${name}`);
}
console.log(`${" ".repeat(9)}sum ${sum}`);
