import compression from "compression";
import express from "express";

const app = express();
app.use(compression({ threshold: 1000 }));

app.get("/text", (req, res) => res.type("text/plain").send("word ".repeat(1000)));
app.get("/short", (req, res) => res.send("short"));
app.get("/image", (req, res) => res.type("image/png").send(Buffer.alloc(5000)));
app.get("/events", (req, res) => {
  res.type("text/event-stream");
  let number = 0;
  const timer = setInterval(() => {
    number += 1;
    res.write(`data: ${number}\n\n`);
    res.flush();
    if (number < 3) return;
    clearInterval(timer);
    res.end();
  }, 20);
});

app.listen(process.env.PORT, "127.0.0.1");
