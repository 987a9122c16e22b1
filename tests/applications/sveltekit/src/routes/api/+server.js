import { json } from "@sveltejs/kit";

export function GET({ url }) {
  const encoder = new TextEncoder();
  return new Response(
    new ReadableStream({
      async start(controller) {
        for (const word of url.searchParams.getAll("word")) {
          controller.enqueue(encoder.encode(`${word};`));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        controller.close();
      },
    }),
  );
}

export const POST = async ({ request }) => json(await request.json(), { status: 201 });
