import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import express, { Router } from "express";

const app = express();
app.set("trust proxy", true);
app.use(express.json({ limit: "100kb" }));
app.use(express.urlencoded({ extended: true }));
app.use("/static", express.static(new URL("public", import.meta.url).pathname));

const users = Router();
users.param("id", (req, res, next, id) => {
  req.user = { id: Number(id) };
  next();
});
users.get("/:id", (req, res) => res.json({ ...req.user, query: req.query }));
users.post("/", (req, res) => res.status(201).location("/users/7").json(req.body));

app.use("/users", users);
app.get("/", (req, res) => res.send("Hello World!"));
app.get("/ip", (req, res) => res.json({ ip: req.ip, host: req.host, secure: req.secure }));
app.get("/old", (req, res) => res.redirect(301, "/"));
app.get("/cookie", (req, res) => res.cookie("seen", "yes", { httpOnly: true }).send("set"));
app.get("/file", (req, res) =>
  res.sendFile("hello.txt", { root: new URL("public", import.meta.url).pathname }),
);
app.get("/pipe", (req, res) =>
  createReadStream(new URL("public/hello.txt", import.meta.url)).pipe(res),
);
app.get("/events", async (req, res) => {
  res.type("text/event-stream").flushHeaders();
  for (let number = 1; number <= 3; number++) {
    res.write(`data: ${number}\n\n`);
    await sleep(5);
  }
  res.end();
});
app.get("/fails", async () => {
  throw new Error("it broke");
});
app.use((error, req, res, next) => {
  if (res.headersSent) return next(error);
  res.status(error.status ?? 500).json({ error: error.message });
});

app.listen(process.env.PORT, "127.0.0.1", (error) => {
  if (error) throw error;
  console.log("listening");
});
