import cors from "cors";
import express from "express";
import helmet from "helmet";

const app = express();
app.use(helmet());
app.use(
  cors({
    origin: ["https://a.example", /\.b\.example$/],
    credentials: true,
    maxAge: 600,
    exposedHeaders: ["X-Total"],
  }),
);

app.get("/", (req, res) => res.set("X-Total", "1").json({ ok: true }));
app.put("/", (req, res) => res.json({ ok: true }));

app.listen(process.env.PORT, "127.0.0.1");
