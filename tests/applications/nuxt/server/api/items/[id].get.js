export default defineEventHandler((event) => ({
  id: getRouterParam(event, "id"),
  color: getQuery(event).color ?? "none",
}));
