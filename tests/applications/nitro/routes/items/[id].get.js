export default defineEventHandler((event) => {
  const id = getRouterParam(event, "id");
  if (id === "9") throw createError({ statusCode: 404, statusMessage: "no such item" });
  if (id === "13") throw new Error("it broke");
  return { id, query: getQuery(event) };
});
