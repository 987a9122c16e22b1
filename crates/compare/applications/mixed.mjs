// One request in a hundred computes for 50 ms; what do the others feel?
let requests = 0;

function work() {
  requests += 1;
  if (requests % 100 !== 0) return;
  const end = performance.now() + 50;
  while (performance.now() < end);
}

export default function () {
  work();
  return new Response("Hi");
}

export function node(_request, response) {
  work();
  response.end("Hi");
}
