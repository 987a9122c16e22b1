// The least there is.
export default () => new Response("Hi");

export const node = (_request, response) => response.end("Hi");
