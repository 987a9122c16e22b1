export default {
  preset: "node-server",
  compatibilityDate: "2026-01-01",
  telemetry: false,
  compressPublicAssets: true,
  experimental: { websocket: true, tasks: true },
  routeRules: {
    "/old": { redirect: { to: "/", statusCode: 301 } },
    "/api/**": { cors: true, headers: { "x-from": "the rules" } },
  },
};
