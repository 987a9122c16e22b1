// What it costs to use Howth.kv, in nanoseconds each, beside a Map of the isolate's own.
//
//     howth run benches/kv.js
//
// Every case adds a number to a sum that is printed: nothing can be optimised away. The least of many short rounds is
// taken, after a warm-up in the same loop: on a machine that others use as well, the shortest is the least disturbed.

const WARM_UP_MS = 100;
const ROUND_MS = 10;
const ROUNDS = 30;
// A power of two.
const KEYS = 1024;

const { kv } = Howth;
const keys = Array.from({ length: KEYS }, (_, index) => `user:${index}`);
const session = { user: "ada", roles: ["admin", "author"], since: 1815 };
const kilobyte = "a".repeat(1024);
const bytes = new TextEncoder().encode(kilobyte);
const map = new Map();
let count = 0;

const next = () => keys[count++ & (KEYS - 1)];
const fill = (value) => {
  for (const key of keys) kv.set(key, value);
};

// What is stored before, and what is measured.
const cases = {
  "map.get, a text": [
    () => keys.map((key) => map.set(key, "a text")),
    () => map.get(next()).length,
  ],
  "get, nothing": [() => kv.clear(), () => (kv.get(next()) === undefined ? 1 : 2)],
  "get, a number": [() => fill(1), () => kv.get(next())],
  "get, a text of 16 bytes": [() => fill("0123456789abcdef"), () => kv.get(next()).length],
  "get, a text of 1 KiB": [() => fill(kilobyte), () => kv.get(next()).length],
  "get, 1 KiB of bytes": [() => fill(bytes), () => kv.get(next()).length],
  "get, an object": [() => fill(session), () => kv.get(next()).since],
  "getEntry, a number": [() => fill(1), () => kv.getEntry(next()).value],
  has: [() => fill(1), () => (kv.has(next()) ? 1 : 2)],
  "set, a number": [() => {}, () => kv.set(next(), count) ?? 1],
  "set, a text of 16 bytes": [() => {}, () => kv.set(next(), "0123456789abcdef") ?? 1],
  "set, the same with a ttl": [
    () => {},
    () => kv.set(next(), "0123456789abcdef", { ttl: 60_000 }) ?? 1,
  ],
  "set, a text of 1 KiB": [() => {}, () => kv.set(next(), kilobyte) ?? 1],
  "set, 1 KiB of bytes": [() => {}, () => kv.set(next(), bytes) ?? 1],
  "set, an object": [() => {}, () => kv.set(next(), session) ?? 1],
  increment: [() => fill(0), () => kv.increment(next())],
  "increment, one key": [() => kv.set("count", 0), () => kv.increment("count")],
};

let sum = 0;

function run(work, milliseconds) {
  const begin = performance.now();
  let times = 0;
  let elapsed = 0;
  do {
    for (let i = 0; i < 500; i++) sum += work();
    times += 500;
    elapsed = performance.now() - begin;
  } while (elapsed < milliseconds);
  return (elapsed * 1e6) / times;
}

for (const [name, [prepare, work]] of Object.entries(cases)) {
  prepare();
  run(work, WARM_UP_MS);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS; i++) least = Math.min(least, run(work, ROUND_MS));
  console.log(name.padEnd(32), least.toFixed(0).padStart(6));
}
console.log("sum", sum);
