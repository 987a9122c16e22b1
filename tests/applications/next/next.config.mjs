export default {
  output: "standalone",
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  redirects: async () => [{ source: "/old", destination: "/", permanent: true }],
  headers: async () => [{ source: "/", headers: [{ key: "x-from", value: "the config" }] }],
};
