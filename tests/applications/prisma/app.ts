import http from "node:http";
import { PrismaPg } from "@prisma/adapter-pg";
import { Prisma, PrismaClient } from "./generated/client.ts";

const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL });
const prisma = new PrismaClient({ adapter });

// What `prisma migrate` would do, which needs an engine of its own.
for (const statement of [
  `drop table if exists "Book", "Author"`,
  `drop type if exists "Kind"`,
  `create type "Kind" as enum ('NOVEL', 'POEM')`,
  `create table "Author" ("id" serial primary key, "name" text not null unique, "about" jsonb)`,
  `create table "Book" (
    "id" serial primary key, "title" text not null, "pages" integer not null, "price" decimal(65, 30) not null,
    "printed" timestamp(3) not null, "cover" bytea, "kind" "Kind" not null default 'NOVEL',
    "authorId" integer not null references "Author" ("id"))`,
]) {
  await prisma.$executeRawUnsafe(statement);
}

const book = (title: string, pages: number) => ({
  title,
  pages,
  price: new Prisma.Decimal("12.340"),
  printed: new Date(0),
  cover: new Uint8Array([0, 255]),
});

async function undone() {
  const error = await prisma
    .$transaction(async (inner) => {
      await inner.book.deleteMany();
      throw new Error("not so");
    })
    .catch(({ message }) => message);
  return { error, left: await prisma.book.count() };
}

const routes: Record<string, () => Promise<unknown>> = {
  "/make": () =>
    prisma.author.create({
      data: {
        name: "Ada",
        about: { born: 1815 },
        books: { create: [book("Notes", 200), { ...book("Letters", 300), kind: "POEM" }] },
      },
      include: { books: { orderBy: { pages: "desc" }, select: { title: true, kind: true } } },
    }),
  "/types": async () => {
    const { price, printed, cover } = await prisma.book.findFirstOrThrow({ where: { pages: 200 } });
    return { price, printed, cover: Buffer.from(cover ?? []).toString("hex") };
  },
  "/find": () =>
    prisma.author.findMany({
      where: { books: { some: { title: { contains: "LETT", mode: "insensitive" } } } },
      select: { name: true, _count: { select: { books: true } } },
    }),
  "/sums": () => prisma.book.groupBy({ by: ["authorId"], _avg: { pages: true }, _count: true }),
  "/upsert": () =>
    prisma.author.upsert({
      where: { name: "Ada" },
      create: { name: "Ada" },
      update: { about: { died: 1852 } },
    }),
  "/undone": undone,
  "/batch": () => prisma.$transaction([prisma.book.count(), prisma.author.count()]),
  "/raw": () => prisma.$queryRaw`select ${"it's"}::text as text, ${7}::int as number`,
  "/twice": () => prisma.author.create({ data: { name: "Ada" } }),
  "/at-once": async () =>
    (await Promise.all(Array.from({ length: 20 }, () => prisma.author.count()))).length,
};

http
  .createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await routes[request.url ?? ""]()));
    } catch (error) {
      const { name, code } = error as Prisma.PrismaClientKnownRequestError;
      response.writeHead(500).end(JSON.stringify({ name, code }));
    }
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
