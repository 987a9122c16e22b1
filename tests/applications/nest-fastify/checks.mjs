// The application of nest-express, and what is asked of it, on Fastify.

export * from "../nest-express/checks.mjs";

export const shared = ["nest-express/application.mjs"];
