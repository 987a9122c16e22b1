import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { z } from "zod";

const t = initTRPC.context().create();

const signedIn = t.procedure.use(({ ctx, next }) => {
  if (ctx.user === null) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { user: ctx.user } });
});

const names = ["Ada"];
const router = t.router({
  hello: t.procedure.input(z.string().min(1)).query(({ input }) => `Hello ${input}`),
  names: t.router({
    all: t.procedure.query(() => names),
    add: t.procedure
      .input(z.object({ name: z.string() }))
      .mutation(({ input }) => names.push(input.name)),
  }),
  me: signedIn.query(({ ctx }) => ctx.user),
  count: t.procedure.input(z.number()).subscription(async function* ({ input }) {
    for (let number = 1; number <= input; number++) yield number;
  }),
});

const server = createHTTPServer({
  router,
  createContext: ({ req }) => ({ user: req.headers.authorization ?? null }),
});

server.listen(Number(process.env.PORT), "127.0.0.1");
