import express from "express";
import multer from "multer";
import sharp from "sharp";

const app = express();
const upload = multer({ limits: { fileSize: 1_000_000 } });

app.get("/made.:format", async (req, res) => {
  const { width, height } = req.query;
  const background = { r: 200, g: 10, b: 10 };
  const image = sharp({
    create: { width: Number(width), height: Number(height), channels: 3, background },
  });
  res.type(req.params.format).send(await image.toFormat(req.params.format).toBuffer());
});
app.post("/resized", upload.single("image"), async (req, res) => {
  const { data, info } = await sharp(req.file.buffer)
    .resize({ width: 8 })
    .greyscale()
    .webp()
    .toBuffer({ resolveWithObject: true });
  res.json({ info, read: (await sharp(data).metadata()).format });
});
app.post("/piped", (req, res) => {
  res.type("png");
  req.pipe(sharp().resize(4, 4).png()).pipe(res);
});
app.get("/text", async (req, res) => {
  const svg = Buffer.from(
    '<svg width="6" height="6"><rect width="6" height="6" fill="lime"/></svg>',
  );
  const pixels = await sharp(svg).raw().toBuffer();
  res.json([...pixels.subarray(0, 4)]);
});
app.get("/at-once", async (req, res) => {
  const create = { width: 64, height: 64, channels: 3, background: "blue" };
  const all = Array.from({ length: 16 }, (_, n) =>
    sharp({ create })
      .resize(n + 1)
      .png()
      .toBuffer(),
  );
  res.json((await Promise.all(all)).every((png) => png.length > 60));
});
app.use((error, req, res, next) => res.status(400).json({ error: error.message.split("\n")[0] }));

app.listen(process.env.PORT, "127.0.0.1");
