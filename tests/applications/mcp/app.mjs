import { randomUUID } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import express from "express";
import { z } from "zod";

const transports = new Map();

function makeServer() {
  const server = new McpServer(
    { name: "sums", version: "1.0.0" },
    { capabilities: { logging: {} } },
  );
  server.registerTool(
    "add",
    { description: "Adds two numbers", inputSchema: { a: z.number(), b: z.number() } },
    async ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }),
  );
  server.registerTool(
    "count",
    { description: "Tells how far it is" },
    async ({ sendNotification }) => {
      for (let number = 1; number <= 3; number++) {
        await sendNotification({
          method: "notifications/message",
          params: { level: "info", data: `step ${number}` },
        });
      }
      return { content: [{ type: "text", text: "done" }] };
    },
  );
  return server;
}

async function transportOf(req) {
  const known = transports.get(req.headers["mcp-session-id"]);
  if (known !== undefined || !isInitializeRequest(req.body)) return known;
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => transports.set(id, transport),
  });
  transport.onclose = () => transports.delete(transport.sessionId);
  await makeServer().connect(transport);
  return transport;
}

const app = express();
app.use(express.json());
app.all("/mcp", async (req, res) => {
  const transport = await transportOf(req);
  if (transport === undefined) {
    res
      .status(404)
      .json({ jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null });
  } else await transport.handleRequest(req, res, req.body);
});

app.listen(process.env.PORT, "127.0.0.1");
