export default defineEventHandler(async (event) => {
  setResponseStatus(event, 201);
  setCookie(event, "a", "1");
  return await readBody(event);
});
