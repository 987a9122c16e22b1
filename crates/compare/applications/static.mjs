// A ready response for a path, where a runtime has such; a handler elsewhere.
export const routes = { "/": new Response("Hi") };

export default () => new Response("Hi");

export const node = (_request, response) => response.end("Hi");
