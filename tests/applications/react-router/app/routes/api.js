export function loader({ request }) {
  const encoder = new TextEncoder();
  return new Response(
    new ReadableStream({
      async start(controller) {
        for (const word of new URL(request.url).searchParams.getAll("word")) {
          controller.enqueue(encoder.encode(`${word};`));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        controller.close();
      },
    }),
  );
}

export const action = async ({ request }) => Response.json(await request.json(), { status: 201 });
