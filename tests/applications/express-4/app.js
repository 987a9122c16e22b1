const express = require("express");
const path = require("node:path");
const fs = require("node:fs");

const app = express();

// The smallest template engine that res.render takes.
app.engine("html", (file, options, done) => {
  fs.readFile(file, "utf8", (error, text) => done(error, text?.replace("NAME", options.name)));
});
app.set("view engine", "html");
app.set("views", path.join(__dirname, "views"));
app.locals.visits = 0;

app.use(express.json());
app.use(express.text());
app.use(express.raw({ type: "application/octet-stream" }));
app.use((req, res, next) => {
  req.app.locals.visits += 1;
  res.set("X-Visit", String(req.app.locals.visits));
  next();
});

app
  .route("/things/:name?")
  .get((req, res) => res.json({ name: req.params.name ?? null }))
  .put((req, res) => res.json({ put: req.body }))
  .delete((req, res) => res.sendStatus(204));
app.get("/view", (req, res) => res.render("hello", { name: "Ada" }));
app.get("/wanted", (req, res) => {
  res.format({
    json: () => res.json({ as: "json" }),
    html: () => res.send("<p>html</p>"),
  });
});
app.get(/^\/(\d{4})$/, (req, res) => res.send(`year ${req.params[0]}`));
app.post("/bytes", (req, res) =>
  res.json({ isBuffer: Buffer.isBuffer(req.body), length: req.body.length }),
);
app.get("/download", (req, res) =>
  res.download(path.join(__dirname, "views/hello.html"), "page.html"),
);
app.get("/throws", () => {
  throw new Error("it broke");
});

const server = app.listen(process.env.PORT, "127.0.0.1");

process.once("SIGTERM", () => server.close());
