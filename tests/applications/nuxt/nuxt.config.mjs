export default {
  compatibilityDate: "2026-01-01",
  telemetry: false,
  nitro: { preset: "node-server" },
  routeRules: {
    "/": { prerender: true },
    "/old": { redirect: { to: "/", statusCode: 301 } },
  },
};
