import express from "express";
import { engine } from "express-handlebars";
import { rateLimit } from "express-rate-limit";
import { body, matchedData, validationResult } from "express-validator";
import methodOverride from "method-override";
import morgan from "morgan";

const app = express();
app.set("views", new URL("views", import.meta.url).pathname);
app.engine("handlebars", engine({ helpers: { shout: (text) => `${text.toUpperCase()}!` } }));
app.use(morgan(":method :url :status :res[content-length] :response-time"));
app.use(express.urlencoded({ extended: false }));
app.use(methodOverride("_method"));

const items = ["pen", "<paper>"];
for (const kind of ["ejs", "pug", "handlebars"]) {
  app.get(`/${kind}`, (req, res) => res.render(`list.${kind}`, { items }));
}

app.put(
  "/people",
  body("mail").isEmail().normalizeEmail(),
  body("age").isInt({ min: 18 }).toInt(),
  (req, res) => {
    const errors = validationResult(req);
    if (errors.isEmpty()) res.json(matchedData(req));
    else res.status(422).json(errors.array().map(({ path }) => path));
  },
);
app.get(
  "/rare",
  rateLimit({ windowMs: 60_000, limit: 2, standardHeaders: "draft-8" }),
  (req, res) => res.send("here"),
);
app.get("/missing-view", (req, res) => res.render("nothing.ejs"));
app.use((error, req, res, next) =>
  res.status(500).send(error.view ? "no such view" : error.message),
);

app.listen(process.env.PORT, "127.0.0.1");
