import { serve } from "srvx";

const waited = [];

const server = serve({
  port: process.env.PORT,
  hostname: "127.0.0.1",
  middleware: [
    async (request, next) => {
      const response = await next();
      response.headers.set("x-path", new URL(request.url).pathname);
      return response;
    },
  ],
  error: (error) => new Response(`failed: ${error.message}`, { status: 500 }),
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/":
        return new Response("hello");
      case "/echo":
        return Response.json({
          method: request.method,
          type: request.headers.get("content-type"),
          body: await request.text(),
          query: searchParams.getAll("a"),
        });
      case "/form":
        return Response.json(Object.fromEntries(await request.formData()));
      case "/about":
        return Response.json({
          ip: request.ip,
          runtime: request.runtime.name,
          hasNode: request.runtime.node?.req.url === "/about",
        });
      case "/stream":
        return new Response(
          new ReadableStream({
            async pull(controller) {
              for (let number = 0; number < 3; number++)
                controller.enqueue(Buffer.from(`${number};`));
              controller.close();
            },
          }),
        );
      case "/cookies": {
        const headers = new Headers();
        headers.append("set-cookie", "a=1");
        headers.append("set-cookie", "b=2");
        return new Response(null, { status: 204, headers });
      }
      case "/later":
        request.waitUntil(Promise.resolve().then(() => waited.push("done")));
        return Response.json(waited);
      case "/fails":
        throw new Error("it broke");
      default:
        return new Response("not here", { status: 404 });
    }
  },
});

await server.ready();
console.log(`listening at ${server.url}`);
