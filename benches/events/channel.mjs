// An EventChannel of howth's, as the other programs in this folder do it by hand.

import { EventChannel } from "howth:http";

const channel = new EventChannel();

export default {
  port: process.env.PORT,
  routes: {
    "/listen": (request) => channel.subscribe(request),
    "/publish": () => {
      channel.publish({ event: "price", data: { symbol: "ABC", price: Math.random(), at: Date.now(), note: "x".repeat(60) } });
      return new Response(String(channel.listeners));
    },
  },
};
