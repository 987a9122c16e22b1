import { Hono } from "hono";
import { deleteCookie, getCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { sign, verify } from "hono/jwt";
import { stream } from "hono/streaming";
import { validator } from "hono/validator";

const SECRET = "a key to sign with";
const app = new Hono();

app.get("/", etag(), (c) => c.html("<p>Hello</p>"));
app.get("/posts/:year{\\d+}/:name?", (c) => c.json(c.req.param()));
app.post(
  "/posts",
  validator("json", (value, c) =>
    typeof value.title === "string" ? value : c.text("no title", 400),
  ),
  (c) => c.json(c.req.valid("json"), 201),
);
app.get("/cookie", async (c) => {
  const seen = Number((await getSignedCookie(c, SECRET, "seen")) || 0) + 1;
  await setSignedCookie(c, "seen", String(seen), SECRET, { httpOnly: true });
  return c.text(`seen ${seen}`);
});
app.get("/forget", (c) => {
  deleteCookie(c, "seen");
  return c.text(getCookie(c, "seen") ? "forgotten" : "unknown");
});
app.get("/token", async (c) => c.text(await sign({ sub: "ada" }, SECRET, "HS256")));
app.get("/who", async (c) => {
  const token = c.req.header("authorization")?.slice("Bearer ".length) ?? "";
  const payload = await verify(token, SECRET, "HS256").catch(() => null);
  if (payload === null) throw new HTTPException(401, { message: "no token" });
  return c.json(payload);
});
app.post("/upper", (c) =>
  stream(c, async (out) => {
    const upper = new TransformStream({
      transform: (text, controller) => controller.enqueue(text.toUpperCase()),
    });
    await out.pipe(
      c.req.raw.body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(upper)
        .pipeThrough(new TextEncoderStream()),
    );
  }),
);
app.get("/moved", (c) => c.redirect("/", 301));

export default app;
