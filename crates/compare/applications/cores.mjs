// What a request costs stands in its path: `/burn/N` computes N rounds. `/core` tells which isolate answers.
const id = crypto.randomUUID();
let result = 1;

function burn(rounds) {
  let value = result;
  for (let round = 0; round < rounds; round += 1) {
    // An integer of 32 bits throughout, or a compiler may find that out in the middle of a run and halve the cost.
    value = (Math.imul(value ^ (value >>> 15), 0x2c1b3c6d) + round) | 0;
  }
  // Kept, or an engine may see that nobody wants it.
  result = value | 1;
}

/** Does what the path asks for; answers whether it asks for the core. */
function work(url) {
  const found = url.indexOf("/burn/");
  if (found >= 0) burn(Number(url.slice(found + "/burn/".length)));
  return url.endsWith("/core");
}

export default function (request) {
  if (work(request.url)) return new Response("Hi", { headers: { "x-core": id } });
  return new Response("Hi");
}

export function node(request, response) {
  if (work(request.url)) response.setHeader("x-core", id);
  response.end("Hi");
}
