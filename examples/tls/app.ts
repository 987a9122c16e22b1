// By TLS, with what was agreed upon: howth serve --tls-self-signed examples/tls/app.ts, then curl -k https://localhost:3000/
export default {
  fetch(request, { tls }) {
    if (tls === null) return new Response("in clear", { status: 426 });
    return Response.json({ url: request.url, version: tls.version, cipher: tls.cipher });
  },
} satisfies Howth.Application;
