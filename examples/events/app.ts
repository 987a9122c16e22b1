// Server-sent events: votes that every open page sees at once, and a countdown of its own for each client.

import { EventChannel, eventStream } from "howth:http";

/** One channel for all cores. A page that was away is sent what it has missed, up to a hundred events. */
const votes = new EventChannel({ name: "votes", history: 100 });

const PAGE = `<!doctype html>
<title>Votes</title>
<p><button>Tea</button> <button>Coffee</button></p>
<pre></pre>
<script>
  const lines = document.querySelector("pre");
  new EventSource("/votes").addEventListener("vote", ({ data }) => lines.append(data + "\\n"));
  for (const button of document.querySelectorAll("button")) {
    button.onclick = () => fetch("/votes/" + button.textContent, { method: "POST" });
  }
</script>`;

export default {
  routes: {
    "/": () => new Response(PAGE, { headers: { "content-type": "text/html;charset=utf-8" } }),
    "/votes": (request) => votes.subscribe(request),
    "/votes/:drink": {
      POST: ({ params: { drink } }) => {
        const count = Howth.kv.increment(`votes:${drink}`);
        const heard = votes.publish({ event: "vote", data: { drink, count } });
        return Response.json({ heard });
      },
    },
    "/countdown": (request) =>
      eventStream(request, async (stream) => {
        for (let left = 3; left > 0 && !stream.signal.aborted; left--) {
          stream.send({ event: "left", data: left });
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        stream.send({ event: "end" });
      }),
  },
} satisfies Howth.ApplicationObject;
