// A broker over TCP, clients that speak through it, and an HTTP server that tells what they heard.

import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { Aedes } from "aedes";
import mqtt from "mqtt";

const broker = await Aedes.createBroker();
const tcp = net.createServer(broker.handle);
await once(tcp.listen(0, "127.0.0.1"), "listening");
const url = `mqtt://127.0.0.1:${tcp.address().port}`;

async function heard(topic, options, publish) {
  const client = await mqtt.connectAsync(url);
  const message = once(client, "message");
  await client.subscribeAsync(topic, options);
  await publish(client);
  const [from, payload] = await message;
  await client.endAsync();
  return [from, payload.toString()];
}

const routes = {
  "/once": () => heard("a/b", { qos: 0 }, (client) => client.publishAsync("a/b", "text")),
  "/sure": () =>
    heard("+/c", { qos: 1 }, (client) => client.publishAsync("a/c", "Zoë", { qos: 1 })),
  "/exact": () => heard("#", { qos: 2 }, (client) => client.publishAsync("d", "two", { qos: 2 })),
  "/kept": async () => {
    const client = await mqtt.connectAsync(url);
    await client.publishAsync("kept", "before", { retain: true, qos: 1 });
    await client.endAsync();
    return heard("kept", {}, () => {});
  },
  "/will": () =>
    heard("will", {}, async () => {
      const will = { topic: "will", payload: Buffer.from("gone") };
      const other = await mqtt.connectAsync(url, { will, reconnectPeriod: 0 });
      other.stream.destroy();
    }),
  "/large": async () =>
    (await heard("large", {}, (client) => client.publishAsync("large", "x".repeat(1e6))))[1].length,
};

http
  .createServer(async (request, response) => {
    response.end(JSON.stringify(await routes[request.url]()));
  })
  .listen(process.env.PORT, "127.0.0.1");
