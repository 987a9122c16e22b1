import { createFileRoute } from "@tanstack/react-router";

function stream(words: string[]) {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      for (const word of words) {
        controller.enqueue(encoder.encode(`${word};`));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      controller.close();
    },
  });
}

export const Route = createFileRoute("/api")({
  server: {
    handlers: {
      GET: ({ request }) => new Response(stream(new URL(request.url).searchParams.getAll("word"))),
      POST: async ({ request }) => Response.json(await request.json(), { status: 201 }),
    },
  },
});
