// 64 KiB of text, over TLS.
const text = "x".repeat(64 * 1024);

export default () => new Response(text);

export const node = (_request, response) => response.end(text);

export const isSecure = true;
