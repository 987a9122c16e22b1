export const command = ["run", "app.mjs"];

const ada = { name: "ada", password: "söme wörds" };

export const checks = {
  "a password is kept": { send: "POST /users", with: { json: ada }, status: 201 },
  "a password is right, its token is taken": async ({ request, same }) => {
    const { token } = (await request("POST /session", { json: ada })).json;
    const fields = { authorization: `Bearer ${token}` };
    same((await request("GET /me", { fields })).json, { name: "ada" });
  },
  "a password is wrong": {
    send: "POST /session",
    with: { json: { ...ada, password: "other" } },
    status: 401,
  },
  "a token is wrong": {
    send: "GET /me",
    with: { fields: { authorization: "Bearer a.b.c" } },
    status: 401,
    json: { name: "JsonWebTokenError", message: "invalid token" },
  },
  "a known hash": {
    send: "GET /known",
    json: { hash: "$2b$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.", rounds: 6 },
  },
  "eight at once": { send: "GET /at-once", json: true },
};
