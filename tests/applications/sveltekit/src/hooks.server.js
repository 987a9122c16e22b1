export async function handle({ event, resolve }) {
  event.locals.name = event.cookies.get("name") ?? "nobody";
  const response = await resolve(event);
  // A page that is built has no client.
  if (event.route.id === "/items/[id]") response.headers.set("x-address", event.getClientAddress());
  return response;
}

export const handleError = ({ error }) => ({ message: `told: ${error.message}` });
