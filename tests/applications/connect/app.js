const http = require("node:http");
const path = require("node:path");
const connect = require("connect");
const serveStatic = require("serve-static");

const app = connect();

app.use((req, res, next) => {
  res.setHeader("X-Url", req.url);
  next();
});
app.use("/api", (req, res) => {
  res.setHeader("Content-Type", "application/json");
  res.end(JSON.stringify({ url: req.url, originalUrl: req.originalUrl }));
});
app.use("/fails", () => {
  throw Object.assign(new Error("it broke"), { status: 503 });
});
app.use(serveStatic(path.join(__dirname, "public"), { index: ["index.html"], maxAge: "1d" }));
app.use((error, req, res, next) => {
  res.statusCode = error.status ?? 500;
  res.end(`sorry: ${error.message}`);
});

http.createServer(app).listen(process.env.PORT, "127.0.0.1");
