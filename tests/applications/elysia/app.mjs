import { Elysia, t } from "elysia";

const app = new Elysia()
  .state("visits", 0)
  .onRequest(({ store }) => {
    store.visits += 1;
  })
  .derive(({ headers }) => ({ bearer: headers.authorization?.slice("Bearer ".length) ?? null }))
  .onError(({ code, error, status }) => {
    if (code === "NOT_FOUND") return status(404, "nothing here");
    if (code === "VALIDATION") return status(422, { wrong: error.all[0]?.path ?? null });
    return status(500, { error: error.message });
  })
  .get("/", () => "Hello Elysia")
  .get("/users/:id", ({ params: { id }, query }) => ({ id, query }), {
    params: t.Object({ id: t.Number() }),
  })
  .post("/items", ({ body, status }) => status(201, body), {
    body: t.Object({ name: t.String(), price: t.Number() }),
  })
  .post("/upload", ({ body: { file, title } }) => ({ title, name: file.name, size: file.size }), {
    body: t.Object({ title: t.String(), file: t.File() }),
  })
  .get("/me", ({ bearer }) => ({ bearer }))
  .get("/visits", ({ store }) => store.visits > 1)
  .get("/cookie", ({ cookie: { seen } }) => {
    const before = seen.value ?? "no";
    seen.set({ value: "yes", httpOnly: true, path: "/" });
    return before;
  })
  .get("/stream", async function* () {
    for (const word of ["one", "two", "three"]) yield word;
  })
  .get("/ip", ({ server, request }) => server?.requestIP(request)?.address ?? "unknown")
  .get("/fails", () => {
    throw new Error("it broke");
  })
  .group("/v1", (group) => group.get("/version", () => ({ version: 1 })));

export default app;
