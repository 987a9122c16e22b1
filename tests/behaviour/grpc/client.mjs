// Calls of each kind by @grpc/grpc-js.

import assert from "node:assert/strict";
import grpc from "@grpc/grpc-js";

const client = new grpc.Client(process.argv[2], grpc.credentials.createInsecure());
const write = (text) => Buffer.from(text);
const read = (bytes) => bytes.toString();
const path = (name) => `/test.Texts/${name}`;

function unary(name, message) {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path(name), write, read, message, (error, value) =>
      error ? reject(error) : resolve(value),
    );
  });
}

assert.equal(await unary("Upper", "abc"), "ABC");
const large = "x".repeat(1_000_000);
assert.equal(await unary("Upper", large), large.toUpperCase());
await assert.rejects(
  unary("Fail", ""),
  (error) => error.code === 5 && error.details === "nothing here",
);

const counted = [];
for await (const number of client.makeServerStreamRequest(path("Count"), write, read, "1000"))
  counted.push(Number(number));
assert.deepEqual(
  counted,
  Array.from({ length: 1000 }, (_, at) => at + 1),
);

const joined = await new Promise((resolve, reject) => {
  const call = client.makeClientStreamRequest(path("Join"), write, read, (error, value) =>
    error ? reject(error) : resolve(value),
  );
  for (let at = 0; at < 100; at++) call.write(`${at},`);
  call.end();
});
assert.equal(joined, Array.from({ length: 100 }, (_, at) => `${at},`).join(""));

// Each message is answered before the next one is sent.
const echo = client.makeBidiStreamRequest(path("Echo"), write, read);
const status = new Promise((resolve) => echo.on("status", resolve));
const answers = echo[Symbol.asyncIterator]();
for (let at = 0; at < 50; at++) {
  echo.write(`message ${at}`);
  assert.equal((await answers.next()).value, `message ${at}!`);
}
echo.end();
assert.equal((await answers.next()).done, true);
const { code, metadata } = await status;
assert.equal(code, 0);
assert.deepEqual(metadata.get("x-count"), ["50"]);

// Many at once on one connection.
const all = await Promise.all(Array.from({ length: 200 }, (_, at) => unary("Upper", `m${at}`)));
assert.deepEqual(
  all,
  Array.from({ length: 200 }, (_, at) => `M${at}`),
);
client.close();
console.log("all calls are as they should be");
