import {
  createEventStream,
  getCookie,
  getQuery,
  getRequestIP,
  getRouterParam,
  H3,
  HTTPError,
  readBody,
  redirect,
  serve,
  setCookie,
} from "h3";

const app = new H3({ onError: (error) => console.log(`told: ${error.message}`) });

app.use((event) => {
  event.res.headers.set("x-middleware", "seen");
});
app.get("/", () => "Hello h3");
app.get("/users/:id", (event) => ({ id: getRouterParam(event, "id"), query: getQuery(event) }));
app.post("/items", async (event) => {
  event.res.status = 201;
  return { id: 1, ...(await readBody(event)) };
});
app.post("/upload", async (event) => {
  const form = await event.req.formData();
  return { name: form.get("file").name, text: await form.get("file").text() };
});
app.get("/cookie", (event) => {
  setCookie(event, "seen", "yes");
  return getCookie(event, "seen") ?? "no";
});
app.get("/moved", () => redirect("/", 301));
app.get("/events", (event) => {
  const events = createEventStream(event);
  (async () => {
    for (const data of ["one", "two"]) await events.push({ event: "tick", data });
    await events.close();
  })();
  return events.send();
});
app.get("/response", () => new Response("made by the web", { status: 202 }));
app.get("/ip", (event) => getRequestIP(event));
app.get("/tea", () => {
  throw new HTTPError({ status: 418, statusText: "no coffee", data: { has: "tea" } });
});
app.get("/fails", () => {
  throw new Error("it broke");
});

serve(app, { port: Number(process.env.PORT), hostname: "127.0.0.1" });
