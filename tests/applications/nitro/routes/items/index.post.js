export default defineEventHandler(async (event) => {
  setResponseStatus(event, 201);
  setCookie(event, "a", "1");
  setCookie(event, "b", "2");
  return await readBody(event);
});
