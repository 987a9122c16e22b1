// A handler that awaits what is there already.
export default async function () {
  await Promise.resolve();
  return new Response("Hi");
}

export async function node(_request, response) {
  await Promise.resolve();
  response.end("Hi");
}
