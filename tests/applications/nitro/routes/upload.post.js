export default defineEventHandler(async (event) => {
  const parts = await readMultipartFormData(event);
  return parts.map(({ name, filename, data }) => [name, filename ?? null, data.toString()]);
});
