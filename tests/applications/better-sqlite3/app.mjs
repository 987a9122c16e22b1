import http from "node:http";
import Database from "better-sqlite3";
import { eq, sum } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

const database = new Database(":memory:");
database.pragma("foreign_keys = ON");
database.exec(
  "create table items (id integer primary key, name text not null unique, price integer)",
);
database.function("shout", (value) => `${value.toUpperCase()}!`);
database.aggregate("longest", {
  start: "",
  step: (found, next) => (next.length > found.length ? next : found),
});

const items = sqliteTable("items", {
  id: integer("id").primaryKey(),
  name: text("name").notNull().unique(),
  price: integer("price"),
});
const db = drizzle(database);

const insert = database.prepare("insert into items (name, price) values (@name, @price)");
const insertAll = database.transaction((rows) =>
  rows.map((row) => insert.run(row).lastInsertRowid),
);

const routes = {
  "/fill": () =>
    insertAll([
      { name: "pen", price: 3 },
      { name: "paper", price: 5 },
    ]),
  "/undone": () => {
    try {
      insertAll([
        { name: "ink", price: 9 },
        { name: "pen", price: 1 },
      ]);
    } catch ({ code, message }) {
      return { code, message, count: database.prepare("select count(*) from items").pluck().get() };
    }
  },
  "/functions": () =>
    database.prepare("select shout(min(name)) as first, longest(name) as longest from items").get(),
  "/iterate": () => [...database.prepare("select name from items order by id").raw().iterate()],
  "/large": () =>
    String(database.prepare("select 9007199254740993 as n").safeIntegers().pluck().get()),
  "/bytes": () => database.prepare("select x'00ff'").pluck().get().toString("hex"),
  "/drizzle": () => {
    db.update(items).set({ price: 4 }).where(eq(items.name, "pen")).run();
    return [
      db.select().from(items).all(),
      db
        .select({ all: sum(items.price) })
        .from(items)
        .get(),
    ];
  },
  "/saved": () =>
    new Database(database.serialize()).prepare("select count(*) from items").pluck().get(),
};

http
  .createServer((request, response) => {
    response.end(JSON.stringify(routes[request.url]()));
  })
  .listen(process.env.PORT, "127.0.0.1");
