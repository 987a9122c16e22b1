// JSON is parsed and answered.
export default async function (request) {
  const { items } = await request.json();
  return Response.json({ items: items.length });
}

export function node(request, response) {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { items } = JSON.parse(Buffer.concat(chunks).toString());
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ items: items.length }));
  });
}
