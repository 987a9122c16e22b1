import { serve } from "@hono/node-server";
import { avg, count, desc, eq, gt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Hono } from "hono";
import pg from "pg";
import * as schema from "./schema.mjs";

const { authors, books } = schema;
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const db = drizzle(pool, { schema });

await db.execute(sql`drop schema if exists drizzle cascade`);
await db.execute(sql`drop table if exists books, authors`);
await migrate(db, { migrationsFolder: new URL("migrations", import.meta.url).pathname });

const app = new Hono();
app.post("/authors", async (c) => {
  const [made] = await db
    .insert(authors)
    .values(await c.req.json())
    .returning();
  return c.json(made, 201);
});
app.post("/books", async (c) => {
  const given = (await c.req.json()).map((book) => ({ ...book, printed: new Date(book.printed) }));
  return c.json(await db.insert(books).values(given).returning({ id: books.id }), 201);
});
app.get("/authors", async (c) => {
  const found = await db.query.authors.findMany({
    columns: { name: true, about: true },
    with: { books: { columns: { title: true, printed: true }, orderBy: desc(books.pages) } },
  });
  return c.json(found);
});
app.get("/lengths", async (c) => {
  const found = await db
    .select({ name: authors.name, books: count(), pages: avg(books.pages).mapWith(Number) })
    .from(authors)
    .innerJoin(books, eq(books.author, authors.id))
    .where(gt(books.pages, 100))
    .groupBy(authors.name);
  return c.json(found);
});
app.put("/authors/:name", async (c) => {
  const named = { name: c.req.param("name"), about: await c.req.json() };
  const [kept] = await db
    .insert(authors)
    .values(named)
    .onConflictDoUpdate({ target: authors.name, set: { about: named.about } })
    .returning();
  return c.json(kept);
});
app.post("/undone", async (c) => {
  const error = await db
    .transaction(async (inner) => {
      await inner.delete(books);
      const [{ left }] = await inner.select({ left: count() }).from(books);
      if (left === 0) inner.rollback();
    })
    .catch((error) => error.constructor.name);
  const [{ left }] = await db.select({ left: count() }).from(books);
  return c.json({ error, left });
});
app.get("/sql", async (c) => {
  const { rows } = await db.execute(sql`select ${"it's"}::text as text, ${7}::int as number`);
  return c.json({ rows, of: db.select().from(books).where(eq(books.id, 1)).toSQL().params });
});
app.onError((error, c) => c.json({ name: error.constructor.name, code: error.cause?.code }, 500));

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
