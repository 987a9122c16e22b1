import { defineAction } from "astro:actions";
import { z } from "astro/zod";

export const server = {
  save: defineAction({
    accept: "form",
    input: z.object({ name: z.string().min(2) }),
    handler: ({ name }, context) => {
      context.cookies.set("name", name, { path: "/" });
      return { saved: name };
    },
  }),
};
