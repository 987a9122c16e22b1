const errors = require("restify-errors");
const restify = require("restify");

const server = restify.createServer({ name: "things", version: "1.2.0" });

server.use(restify.plugins.acceptParser(server.acceptable));
server.use(restify.plugins.queryParser());
server.use(restify.plugins.bodyParser());
server.use(restify.plugins.gzipResponse());

server.get("/things/:id", async (req, res) => {
  if (req.params.id === "0") throw new errors.NotFoundError("no thing %s", req.params.id);
  res.send({ id: req.params.id, query: req.query });
});
server.put("/things/:id", (req, res, next) => {
  res.send(201, { id: req.params.id, ...req.body });
  next();
});
server.del("/things/:id", (req, res, next) => {
  res.send(204);
  next();
});
server.get(
  "/versioned",
  restify.plugins.conditionalHandler([
    { version: "1.0.0", handler: async (req, res) => res.send({ version: 1 }) },
    { version: "2.0.0", handler: async (req, res) => res.send({ version: 2 }) },
  ]),
);
server.get("/fails", async () => {
  throw new Error("it broke");
});

server.listen(Number(process.env.PORT), "127.0.0.1", () =>
  console.log(`${server.name} listens at ${server.url}`),
);
