// The least there is, over TLS.
export default () => new Response("Hi");

export const node = (_request, response) => response.end("Hi");

export const isSecure = true;
