// The least there is, over TLS and HTTP/2.
export default () => new Response("Hi");

export const node = (_request, response) => response.end("Hi");

export const isSecure = true;
export const isHttp2 = true;
