// A body is read chunk by chunk; the answer is its length.
export default async function (request) {
  let bytes = 0;
  for await (const chunk of request.body) bytes += chunk.length;
  return new Response(`${bytes}`);
}

export async function node(request, response) {
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  response.end(`${bytes}`);
}
