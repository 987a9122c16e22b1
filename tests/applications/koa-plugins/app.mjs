import cors from "@koa/cors";
import multer from "@koa/multer";
import Router from "@koa/router";
import Koa from "koa";
import compress from "koa-compress";
import mount from "koa-mount";
import session from "koa-session";
import serve from "koa-static";

const app = new Koa();
app.keys = ["of a check"];
app.use(cors({ origin: "https://a.example" }));
app.use(compress({ threshold: 100 }));
app.use(session(app));
app.use(mount("/static", serve(new URL("public", import.meta.url).pathname)));

const upload = multer();
const router = new Router();
router.get("/visits", (ctx) => {
  ctx.session.visits = (ctx.session.visits ?? 0) + 1;
  ctx.body = { visits: ctx.session.visits };
});
router.get("/long", (ctx) => {
  ctx.body = "of a long text\n".repeat(100);
});
router.post("/upload", upload.single("file"), (ctx) => {
  const { originalname, size, mimetype } = ctx.file;
  ctx.body = { originalname, size, mimetype, name: ctx.request.body.name };
});
app.use(router.routes()).use(router.allowedMethods());

app.listen(process.env.PORT, "127.0.0.1");
