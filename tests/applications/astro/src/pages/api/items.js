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

export async function POST({ request, cookies }) {
  cookies.set("a", "1");
  cookies.set("b", "2");
  return Response.json(await request.json(), { status: 201 });
}
