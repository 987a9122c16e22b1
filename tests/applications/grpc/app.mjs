// A gRPC server, and an HTTP server that asks it.

import http from "node:http";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const definition = loader.loadSync(new URL("sums.proto", import.meta.url).pathname, {
  longs: Number,
  arrays: true,
});
const { Sums } = grpc.loadPackageDefinition(definition).sums;

const server = new grpc.Server();
server.addService(Sums.service, {
  add({ request, metadata }, callback) {
    if (request.numbers.length === 0) {
      return callback({ code: grpc.status.INVALID_ARGUMENT, details: "no numbers" });
    }
    const trailers = new grpc.Metadata();
    trailers.set("asked-by", metadata.get("name")[0] ?? "nobody");
    callback(null, { value: request.numbers.reduce((sum, number) => sum + number, 0) }, trailers);
  },
  async count(call) {
    for (let value = 1; value <= call.request.value; value++) {
      if (!call.write({ value })) await new Promise((resolve) => call.once("drain", resolve));
    }
    call.end();
  },
  gather(call, callback) {
    let value = 0;
    call.on("data", (part) => {
      value += part.value;
    });
    call.on("end", () => callback(null, { value }));
  },
  echo(call) {
    call.on("data", ({ text }) => call.write({ text: `${text}!` }));
    call.on("end", () => call.end());
  },
});
const port = await new Promise((resolve, reject) => {
  const credentials = grpc.ServerCredentials.createInsecure();
  server.bindAsync("127.0.0.1:0", credentials, (error, found) =>
    error ? reject(error) : resolve(found),
  );
});
const client = new Sums(`127.0.0.1:${port}`, grpc.credentials.createInsecure());

const call = (method, request, ...rest) =>
  new Promise((resolve) => {
    let found;
    client[method](request, ...rest, (_, response) => {
      found = response;
    }).on("status", ({ code, details, metadata }) => {
      resolve(code === 0 ? { ...found, ...metadata.getMap() } : { code, details });
    });
  });

const routes = {
  "/add": () => {
    const metadata = new grpc.Metadata();
    metadata.set("name", "ada");
    return call("add", { numbers: [1, 2, 3] }, metadata);
  },
  "/fails": () => call("add", { numbers: [] }),
  "/count": async () => {
    let sum = 0;
    for await (const { value } of client.count({ value: 5000 })) sum += value;
    return sum;
  },
  "/gather": () =>
    new Promise((resolve, reject) => {
      const stream = client.gather((error, response) =>
        error ? reject(error) : resolve(response),
      );
      for (let value = 1; value <= 1000; value++) stream.write({ value });
      stream.end();
    }),
  "/echo": async () => {
    const stream = client.echo();
    const found = [];
    stream.write({ text: "one" });
    for await (const { text } of stream) {
      found.push(text);
      if (found.length === 1) stream.write({ text: "two" });
      else stream.end();
    }
    return found;
  },
  "/late": () => {
    const stream = client.echo({ deadline: Date.now() + 50 });
    return new Promise((resolve) =>
      stream.on("error", ({ code }) => resolve(code)).on("data", () => {}),
    );
  },
  "/large": async () => {
    const stream = client.echo();
    stream.end({ text: "x".repeat(3_000_000) });
    for await (const { text } of stream) return text.length;
  },
};

http
  .createServer(async (request, response) => {
    response.end(JSON.stringify(await routes[request.url]()));
  })
  .listen(process.env.PORT, "127.0.0.1");
