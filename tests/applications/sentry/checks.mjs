export const command = ["run", "--import", "./instrument.mjs", "app.mjs"];

export const checks = {
  "an error, with its request": async ({ request, same, port }) => {
    const answer = await request("GET /fails/7?a=1");
    same([answer.status, answer.json], [500, { error: "item 7 broke" }]);
    const told = (await request("GET /told")).json.find(({ type }) => type === "event");
    same(
      [told.error, told.id, told.url],
      ["item 7 broke", "7", `http://127.0.0.1:${port}/fails/7?a=1`],
    );
  },
  "two errors at once, each with its own request": async ({ request, same }) => {
    await Promise.all(["8", "9"].map((id) => request(`GET /fails/${id}`)));
    const told = (await request("GET /told")).json.filter(({ type }) => type === "event");
    same(told.map(({ id, url }) => id === url.split("/").at(-1)).toString(), "true,true");
  },
  "a request's span": async ({ request, same }) => {
    await request("GET /items/7");
    const spans = (await request("GET /told")).json.flatMap((told) => told.spans);
    same(spans.includes("GET /items/:id"), true, spans.join());
  },
};
