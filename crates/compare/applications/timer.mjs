// A handler that waits a millisecond, as for a fast database.
const wait = () => new Promise((resolve) => setTimeout(resolve, 1));

export default async function () {
  await wait();
  return new Response("Hi");
}

export async function node(_request, response) {
  await wait();
  response.end("Hi");
}
