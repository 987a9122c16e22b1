const path = require("node:path");
const Hapi = require("@hapi/hapi");

async function start() {
  const server = Hapi.server({
    port: process.env.PORT,
    host: "127.0.0.1",
    routes: { files: { relativeTo: path.join(__dirname, "public") }, cors: true },
  });
  await server.register([require("@hapi/inert"), require("@hapi/cookie"), require("@hapi/vision")]);
  server.views({ engines: { ejs: require("ejs") }, relativeTo: __dirname, path: "views" });
  server.auth.strategy("session", "cookie", {
    cookie: { name: "who", password: "a password of at least 32 characters", isSecure: false },
    validate: async (request, { name }) => ({ isValid: name === "ada", credentials: { name } }),
  });
  server.ext("onPreResponse", (request, h) => {
    const { response } = request;
    if (!response.isBoom) response.header("x-extended", "yes");
    return h.continue;
  });

  server.route([
    { method: "GET", path: "/", handler: () => "hello" },
    {
      method: "GET",
      path: "/users/{id}/{rest*}",
      handler: ({ params, query }) => ({ params, query }),
    },
    { method: "POST", path: "/users", handler: ({ payload }, h) => h.response(payload).code(201) },
    {
      method: "POST",
      path: "/upload",
      options: { payload: { multipart: true, output: "stream", parse: true, maxBytes: 10_000 } },
      handler: async ({ payload: { name, file } }) => {
        const chunks = [];
        for await (const chunk of file) chunks.push(chunk);
        return { name, of: file.hapi.filename, content: Buffer.concat(chunks).toString() };
      },
    },
    { method: "GET", path: "/files/{name*}", handler: { directory: { path: "." } } },
    { method: "GET", path: "/page", handler: (request, h) => h.view("page", { title: "<made>" }) },
    {
      method: "POST",
      path: "/login",
      handler: (request, h) => {
        request.cookieAuth.set({ name: "ada" });
        return h.redirect("/me");
      },
    },
    {
      method: "GET",
      path: "/me",
      options: { auth: "session" },
      handler: ({ auth }) => auth.credentials,
    },
    {
      method: "GET",
      path: "/cached",
      handler: (request, h) => h.response("kept").etag("abc").ttl(60_000),
    },
    {
      method: "GET",
      path: "/fails",
      handler: () => {
        throw new Error("it broke");
      },
    },
  ]);
  await server.start();

  process.on("SIGTERM", async () => {
    await server.stop({ timeout: 1_000 });
    console.log("stopped");
    process.exit(0);
  });
}

start();
