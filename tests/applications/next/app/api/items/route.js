export function GET(request) {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    async start(controller) {
      for (const word of request.nextUrl.searchParams.getAll("word")) {
        controller.enqueue(encoder.encode(`${word};`));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      controller.close();
    },
  });
  return new Response(body);
}

export async function POST(request) {
  const response = Response.json(await request.json(), { status: 201 });
  response.headers.append("set-cookie", "a=1");
  response.headers.append("set-cookie", "b=2");
  return response;
}
