// The application. Every core runs its own copy of it: what all cores share is in `Howth.kv`.

const home = new Response("<!doctype html>\n<title>Hello</title>\n<h1>Hello from howth</h1>\n", {
  headers: { "content-type": "text/html;charset=UTF-8" },
});

export default {
  routes: {
    // A Response is sent without a call of JavaScript.
    "/": home,
    "/greetings/:name": ({ params }) => Response.json({ greeting: `Hello, ${params.name}!` }),
    "/visits": {
      GET: () => Response.json({ visits: Howth.kv.get("visits") ?? 0 }),
      POST: () => Response.json({ visits: Howth.kv.increment("visits") }, { status: 201 }),
    },
  },
  // Whatever has no route.
  fetch(request) {
    const { pathname } = new URL(request.url);
    return Response.json({ error: `nothing is at ${pathname}` }, { status: 404 });
  },
} satisfies Howth.ApplicationObject;
