import http from "node:http";
import makeKnex from "knex";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";

const connectionString = process.env.DATABASE_URL;
const db = new Kysely({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }),
});
const knex = makeKnex({ client: "pg", connection: connectionString, pool: { min: 0, max: 4 } });

await knex.schema.dropTableIfExists("owners");
await db.schema.dropTable("pets").ifExists().execute();
await db.schema
  .createTable("pets")
  .addColumn("id", "serial", (column) => column.primaryKey())
  .addColumn("name", "text", (column) => column.notNull().unique())
  .addColumn("legs", "integer", (column) => column.defaultTo(4))
  .execute();
await knex.schema.createTable("owners", (table) => {
  table.increments("id");
  table.string("name").notNullable();
  table.integer("pet").references("pets.id");
});

const routes = {
  "/kysely/insert": () =>
    db
      .insertInto("pets")
      .values([{ name: "Rex" }, { name: "Polly", legs: 2 }])
      .returningAll()
      .execute(),
  "/kysely/select": () =>
    db
      .selectFrom("pets")
      .select(["name", sql`legs * 2`.as("twice")])
      .where((where) => where.or([where("legs", "=", 2), where("name", "like", "R%")]))
      .orderBy("name")
      .execute(),
  "/kysely/undone": async () => {
    const undo = async (inner) => {
      await inner.deleteFrom("pets").execute();
      throw new Error("not so");
    };
    const error = await db
      .transaction()
      .execute(undo)
      .catch(({ message }) => message);
    const { count } = await db
      .selectFrom("pets")
      .select(({ fn }) => fn.countAll().as("count"))
      .executeTakeFirstOrThrow();
    return { error, count };
  },
  "/knex/insert": () => knex("owners").insert({ name: "Ada", pet: 1 }).returning(["id", "name"]),
  "/knex/join": () =>
    knex("owners")
      .join("pets", "pets.id", "owners.pet")
      .select("owners.name", { pet: "pets.name" }),
  "/knex/undone": async () => {
    const error = await knex
      .transaction(async (inner) => {
        await inner("owners").del();
        throw new Error("not so");
      })
      .catch(({ message }) => message);
    return { error, left: await knex("owners").count("* as n").first() };
  },
  "/knex/raw": async () => (await knex.raw("select ?::int + 1 as sum", [6])).rows,
  "/knex/at-once": async () => {
    const all = Array.from({ length: 20 }, (_, n) =>
      knex.select(knex.raw("?::int as n", [n])).first(),
    );
    return (await Promise.all(all)).reduce((sum, { n }) => sum + n, 0);
  },
};

http
  .createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await routes[request.url]()));
    } catch (error) {
      response.writeHead(500).end(error.stack);
    }
  })
  .listen(process.env.PORT, "127.0.0.1");
