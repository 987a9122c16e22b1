// What often stands before an application, in the application: a built single-page application and its API from one file.
//
//   howth serve --compress examples/edge/app.ts
//
// Everything but the handlers is answered without a call of JavaScript.

const dist = new URL("dist", import.meta.url);
const notes = new Map([["1", { id: "1", text: "remember" }]]);

const api = {
  "/api/notes": {
    GET: () => Response.json([...notes.values()]),
    // Whoever writes too much waits.
    POST: Howth.rateLimit({ rate: "10/m", burst: 3 }, async (request: Howth.RoutedRequest) => {
      const { text } = await request.json();
      if (typeof text !== "string") return Howth.error(400, "a note has a text");
      const id = String(notes.size + 1);
      notes.set(id, { id, text });
      return Response.json(
        { id, text },
        { status: 201, headers: { location: `/api/notes/${id}` } },
      );
    }),
  },
  // Whoever asks within the same minute gets the same answer, and the handler runs once.
  "/api/words": Howth.cache(() => Response.json(countedWords()), { ttl: 60 }),
  "/api/notes/:id": (request: Howth.RoutedRequest) => {
    const note = notes.get(request.params.id ?? "");
    return note === undefined ? Howth.error(404) : Response.json(note);
  },
} satisfies Howth.Routes;

function countedWords() {
  const words = [...notes.values()].flatMap(({ text }) => text.split(/\s+/));
  return { words: words.length };
}

// Pages of the same company read the API, at no more than a hundred requests a second for each address.
const shared = Object.entries(api).map(([path, target]) => [
  path,
  Howth.cors(
    { origin: ["https://*.example.com", "http://localhost:*"], credentials: true, maxAge: 600 },
    Howth.rateLimit({ rate: "100/s", name: "api" }, target),
  ),
]);

export default {
  routes: {
    ...Object.fromEntries(shared),
    "/api/*": Howth.error(404),
    "/notes.php": Howth.redirect("/notes", 301),
    "/blog/:slug": Howth.redirect("https://blog.example.com/:slug", 308),
    // Names of built files change with what is in them.
    "/assets/*": Howth.dir(new URL("dist/assets", import.meta.url), {
      cacheControl: "public, max-age=31536000, immutable",
    }),
    // All other paths are pages of the application, which reads the path in the browser.
    "/*": Howth.securityHeaders(
      Howth.dir(dist, { fallback: "index.html", cacheControl: { "*.html": "no-cache" } }),
      { "content-security-policy": "default-src 'self'" },
    ),
  },
} satisfies Howth.ApplicationObject;
