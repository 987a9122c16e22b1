export async function onRequest(context, next) {
  context.locals.name = context.cookies.get("name")?.value ?? "nobody";
  const response = await next();
  response.headers.set("x-address", context.isPrerendered ? "none" : context.clientAddress);
  return response;
}
