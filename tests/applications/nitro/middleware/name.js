export default defineEventHandler((event) => {
  event.context.name = getCookie(event, "name") ?? "nobody";
});
