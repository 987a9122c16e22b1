import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";

const auth = betterAuth({
  baseURL: "http://localhost",
  secret: "a secret that is long enough to be one",
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
});
const handler = toNodeHandler(auth);

const server = createServer(async (req, res) => {
  if (req.url.startsWith("/api/auth/")) return handler(req, res);
  const session = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) });
  res.writeHead(session === null ? 401 : 200, { "Content-Type": "application/json" });
  res.end(JSON.stringify({ name: session?.user.name ?? null }));
});

server.listen(process.env.PORT, "127.0.0.1");
