export const command = ["run", "app.mjs"];

export const checks = {
  EJS: { send: "GET /ejs", text: "<ul><li>pen</li><li>&lt;paper&gt;</li></ul>\n" },
  Pug: { send: "GET /pug", text: "<ul><li>pen</li><li>&lt;paper&gt;</li></ul>" },
  Handlebars: {
    send: "GET /handlebars",
    text: "<main><ul><li>PEN!</li><li>&lt;PAPER&gt;!</li></ul></main>",
  },
  "a view that is not there": { send: "GET /missing-view", status: 500, text: "no such view" },
  "a form that is checked, by another method": async ({ request, same }) => {
    const send = (form) => request("POST /people?_method=PUT", { form });
    same((await send({ mail: "Ada@Example.com", age: "36" })).json, {
      mail: "ada@example.com",
      age: 36,
    });
    const wrong = await send({ mail: "ada", age: "7" });
    same([wrong.status, wrong.json], [422, ["mail", "age"]]);
  },
  "a limit of the rate": async ({ request, same }) => {
    const found = [];
    for (let time = 0; time < 3; time++) found.push((await request("GET /rare")).status);
    same(found, [200, 200, 429]);
  },
  "what is said of a request": ({ said }) => said(/^GET \/ejs 200 44 \d+\.\d+$/m),
};
