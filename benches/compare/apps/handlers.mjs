// The work to compare, one handler each, for every contestant that serves fetch handlers. The variable WORK
// names the one to serve. Only the platform's own classes are used.

const text64k = "x".repeat(64 * 1024);
const chunk64k = new Uint8Array(64 * 1024).fill(120);

const handlers = {
  hello: () => new Response("Hi"),

  json: () => Response.json({ message: "Hello, World!" }),

  headers(request) {
    let length = 0;
    for (const [name, value] of request.headers) length += name.length + value.length;
    return new Response("Hi", {
      headers: {
        "content-type": "text/plain",
        "x-length": `${length}`,
        "cache-control": "no-store",
      },
    });
  },

  async post(request) {
    const body = await request.json();
    return Response.json({ items: body.items.length });
  },

  async async() {
    await Promise.resolve();
    await new Promise((resolve) => queueMicrotask(resolve));
    return new Response("Hi");
  },

  large: () => new Response(text64k),

  stream() {
    let left = 16;
    return new Response(
      new ReadableStream({
        pull(controller) {
          controller.enqueue(chunk64k);
          if (--left === 0) controller.close();
        },
      }),
    );
  },
};

export const handler = handlers[process.env.WORK ?? "hello"];
