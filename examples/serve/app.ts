// A script that opens its server itself: howth run examples/serve/app.ts

const server = Howth.serve({ port: 3000 }, (request, info) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/fail") throw new Error("asked to fail");
  return Response.json({
    pathname,
    client: info.requestIP(request),
    pending: info.pendingRequests,
  });
});

console.log(`listening on ${server.url}`);
await server.finished;
console.log("stopped");
