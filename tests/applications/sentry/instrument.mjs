import * as Sentry from "@sentry/node";

export const events = [];

Sentry.init({
  dsn: "http://key@127.0.0.1:1/1",
  tracesSampleRate: 1,
  // What would go to Sentry's host is kept.
  transport: () => ({
    flush: async () => true,
    send: async ([, items]) => {
      for (const [{ type }, payload] of items) events.push({ type, payload });
      return { statusCode: 200 };
    },
  }),
});
