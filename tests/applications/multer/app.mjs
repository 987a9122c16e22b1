import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import multer from "multer";

const app = express();
const memory = multer({ storage: multer.memoryStorage(), limits: { fileSize: 1_000_000 } });
const disk = multer({ dest: join(tmpdir(), `uploads-${process.pid}`) });

app.post("/one", memory.single("file"), (req, res) => {
  const { originalname, mimetype, size, buffer } = req.file;
  res.json({
    originalname,
    mimetype,
    size,
    start: buffer.toString("utf8", 0, 5),
    title: req.body.title,
  });
});
app.post("/many", memory.fields([{ name: "a" }, { name: "b" }]), (req, res) => {
  res.json({ a: req.files.a.length, b: req.files.b.length });
});
app.post("/disk", disk.single("file"), async (req, res) => {
  res.json({ text: await readFile(req.file.path, "utf8") });
  await rm(req.file.path);
});
app.post("/none", memory.none(), (req, res) => res.json(req.body));
app.use((error, req, res, next) => {
  res
    .status(error instanceof multer.MulterError ? 400 : 500)
    .json({ code: error.code, error: error.message });
});

app.listen(process.env.PORT, "127.0.0.1");
