// Notes in memory. Every core has its own module state, so with more than one core each has its own notes:
// keep what must be shared in a database.

import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";

interface Note {
  id: number;
  text: string;
}

const TEXT_LENGTH_MAX = 1000;
const NOTES_MAX = 1000;
const stored = new Map<number, Note>();
let lastId = 0;

export const notes = new Hono()
  .get("/", (c) => c.json([...stored.values()]))
  .get("/:id{[0-9]+}", (c) => {
    const note = stored.get(Number(c.req.param("id")));
    if (!note) throw new HTTPException(404, { message: "no such note" });
    return c.json(note);
  })
  .post("/", async (c) => {
    const text = textOf(await c.req.json().catch(() => undefined));
    if (stored.size >= NOTES_MAX)
      throw new HTTPException(507, { message: "no room for another note" });
    const note = { id: ++lastId, text };
    stored.set(note.id, note);
    return c.json(note, 201, { location: `/notes/${note.id}` });
  })
  .delete("/:id{[0-9]+}", (c) => {
    const existed = stored.delete(Number(c.req.param("id")));
    return c.body(null, existed ? 204 : 404);
  });

/** The text of a posted note, or a 400. */
function textOf(body: unknown): string {
  const text = (body as { text?: unknown } | undefined)?.text;
  if (typeof text !== "string" || text === "" || text.length > TEXT_LENGTH_MAX) {
    throw new HTTPException(400, {
      message: `text must be a string of 1 to ${TEXT_LENGTH_MAX} characters`,
    });
  }
  return text;
}
