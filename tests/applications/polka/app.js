const polka = require("polka");

const json = (res, data, status = 200) => {
  res.writeHead(status, { "Content-Type": "application/json" });
  res.end(JSON.stringify(data));
};

async function bodyOf(req) {
  let text = "";
  for await (const chunk of req) text += chunk;
  return text;
}

function onError(error, req, res) {
  // polka says by a code what is not there.
  if (error.code === 404) json(res, { error: "not here" }, 404);
  else json(res, { error: error.message }, 500);
}

polka({ onError })
  .use((req, res, next) => {
    res.setHeader("X-Path", req.path);
    next();
  })
  .use(
    "/part",
    polka().get("/:name", (req, res) => json(res, { part: req.params.name })),
  )
  .get("/", (req, res) => res.end("Hello Polka"))
  .get("/users/:id", (req, res) => json(res, { id: req.params.id, query: req.query }))
  .post("/words", async (req, res) => json(res, (await bodyOf(req)).split(" "), 201))
  .get("/fails", (req, res, next) => next(new Error("it broke")))
  .listen(process.env.PORT, "127.0.0.1", (error) => {
    if (error) throw error;
  });
