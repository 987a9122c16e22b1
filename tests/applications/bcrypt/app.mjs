import { hash as argon2, verify } from "@node-rs/argon2";
import bcrypt from "bcrypt";
import express from "express";
import jwt from "jsonwebtoken";

const SECRET = "of a check";
const users = new Map();
const app = express();
app.use(express.json());

app.post("/users", async (req, res) => {
  const { name, password } = req.body;
  users.set(name, { bcrypt: await bcrypt.hash(password, 6), argon2: await argon2(password) });
  res.sendStatus(201);
});
app.post("/session", async (req, res) => {
  const { name, password } = req.body;
  const known = users.get(name);
  const isRight =
    (await bcrypt.compare(password, known.bcrypt)) && (await verify(known.argon2, password));
  if (!isRight) return res.sendStatus(401);
  res.json({ token: jwt.sign({ name }, SECRET, { expiresIn: "1h" }) });
});
app.get("/me", (req, res) => {
  try {
    res.json({ name: jwt.verify(req.get("authorization").slice("Bearer ".length), SECRET).name });
  } catch ({ name, message }) {
    res.status(401).json({ name, message });
  }
});
app.get("/known", async (req, res) => {
  const salt = "$2b$06$DCq7YPn5Rq63x1Lad4cll.";
  res.json({ hash: bcrypt.hashSync("", salt), rounds: bcrypt.getRounds(salt) });
});
app.get("/at-once", async (req, res) => {
  const hashes = await Promise.all(Array.from({ length: 8 }, (_, n) => bcrypt.hash(`${n}`, 4)));
  res.json(hashes.every((hash, n) => bcrypt.compareSync(`${n}`, hash)));
});

app.listen(process.env.PORT, "127.0.0.1");
