import { node } from "@elysiajs/node";
import { Elysia, t } from "elysia";

new Elysia({ adapter: node() })
  .get("/", () => "hello")
  .get("/users/:id", ({ params, query }) => ({ id: params.id, query }), {
    params: t.Object({ id: t.Number() }),
  })
  .post("/users", ({ body, status }) => status(201, body), {
    body: t.Object({ name: t.String({ minLength: 2 }) }),
  })
  .derive(({ headers }) => ({ key: headers["x-key"] }))
  .get("/key", ({ key }) => ({ key }))
  .get("/cookie", ({ cookie: { seen } }) => {
    seen.value = "yes";
    return "set";
  })
  .get("/events", async function* () {
    for (let number = 1; number <= 3; number++) yield `${number};`;
  })
  .get("/fails", () => {
    throw new Error("it broke");
  })
  .onError(({ code, error }) => {
    if (code === "UNKNOWN") return new Response(error.message, { status: 500 });
  })
  .listen(Number(process.env.PORT), ({ port }) => console.log(`listens at ${port}`));
