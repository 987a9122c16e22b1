// Koa, with text.
import Koa from "koa";

const application = new Koa();
application.use((context) => {
  context.body = "Hi";
});

application.listen(Number(process.env.PORT), "127.0.0.1");
