export default defineEventHandler(async () => {
  const storage = useStorage();
  await storage.setItem("visits", ((await storage.getItem("visits")) ?? 0) + 1);
  return { visits: await storage.getItem("visits"), keys: await storage.getKeys() };
});
