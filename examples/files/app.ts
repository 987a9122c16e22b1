// The files of a folder beside a handler: files are sent without a call of JavaScript.

const folder = new URL("public", import.meta.url);

export default {
  routes: {
    "/api/time": () => Response.json({ now: new Date() }),
    // What is not in the folder is the handler's.
    "/*": Howth.dir(folder, {
      cacheControl: { "*.html": "no-cache", "*.css": "public, max-age=3600" },
      next: true,
    }),
  },
  fetch: () => new Response("There is no such page\n", { status: 404 }),
} satisfies Howth.ApplicationObject;
