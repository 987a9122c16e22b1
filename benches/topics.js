// What a message costs and how long it is on its way. On two cores:
//
//     howth serve --cores 2 --quiet --port 3000 benches/topics.js &
//     curl -s localhost:3000/cost                                        # nanoseconds, on the core that answers
//     howth bench http --rate 200 --duration 3s http://localhost:3000/publish
//     curl -s localhost:3000/latency                                     # microseconds, from core to core

const ROUNDS = 500;
// Half of what a core has room for, so that nothing is lost.
const BATCH = 500;

const core = crypto.randomUUID();
// In microseconds; `process.hrtime` begins anew on each core.
const now = () => (performance.timeOrigin + performance.now()) * 1000;
const latencies = [];
let left = 0;
let whenHeard = () => {};

Howth.subscribe("latency", ({ from, at }) => {
  if (from !== core) latencies.push(now() - at);
});
Howth.subscribe("latencies", (ask) => Howth.publish("answers", { ask, core, latencies }));
Howth.subscribe("cost", () => {
  if (--left === 0) whenHeard();
});

// Nanoseconds of `publish`, and of the delivery to this core, by which all subscribers are called.
async function cost(data) {
  let publishing = 0n;
  const began = process.hrtime.bigint();
  for (let round = 0; round < ROUNDS; round++) {
    const { promise, resolve } = Promise.withResolvers();
    whenHeard = resolve;
    left = BATCH;
    const before = process.hrtime.bigint();
    for (let i = 0; i < BATCH; i++) Howth.publish("cost", data);
    publishing += process.hrtime.bigint() - before;
    await promise;
  }
  const all = process.hrtime.bigint() - began;
  const each = (time) => Math.round(Number(time) / ROUNDS / BATCH);
  return { publish: each(publishing), delivery: each(all - publishing) };
}

function allLatencies() {
  const { promise, resolve } = Promise.withResolvers();
  const ask = crypto.randomUUID();
  const all = [];
  const answers = Howth.subscribe("answers", (answer) => {
    if (answer.ask === ask) all.push(...answer.latencies);
  });
  Howth.publish("latencies", ask);
  setTimeout(() => {
    answers.unsubscribe();
    resolve(all.sort((one, other) => one - other));
  }, 200);
  return promise;
}

export default {
  async fetch(request) {
    switch (new URL(request.url).pathname) {
      case "/cost":
        return Response.json({
          "text of 16 bytes": await cost("x".repeat(16)),
          "1 KiB of bytes": await cost(new Uint8Array(1024)),
          "object of three fields": await cost({ id: 7, name: "Ada", tags: ["a", "b"] }),
        });
      case "/publish":
        Howth.publish("latency", { from: core, at: now() });
        return new Response();
      case "/latency": {
        const all = await allLatencies();
        const at = (part) => Math.round(all[Math.floor(part * (all.length - 1))]);
        return Response.json({ messages: all.length, p50: at(0.5), p90: at(0.9), p99: at(0.99) });
      }
      default:
        return new Response("Not found", { status: 404 });
    }
  },
};
