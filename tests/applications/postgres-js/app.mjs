import http from "node:http";
import postgres from "postgres";

const sql = postgres(process.env.DATABASE_URL, { max: 4, onnotice: () => {} });

await sql.unsafe(`
  drop table if exists people;
  create table people (id serial primary key, name text unique, age integer, about jsonb, tags text[]);
`);

const routes = {
  "/insert": () => {
    const people = [
      { name: "Ada", age: 36, about: { born: 1815 }, tags: ["a", "b,c"] },
      { name: "Zoë", age: 20, about: null, tags: [] },
    ];
    return sql`insert into people ${sql(people)} returning id, name, about, tags`;
  },
  "/find": async () => {
    const youngest = sql`age >= ${20}`;
    const found = await sql`
      select ${sql(["name", "age"])} from people where ${youngest} and name in ${sql(["Ada", "Zoë"])} order by age`;
    return { count: found.count, rows: found };
  },
  "/undone": async () => {
    const error = await sql
      .begin(async (inner) => {
        await inner`delete from people where name = 'Ada'`;
        await inner.savepoint((deeper) => deeper`delete from people`);
        throw new Error("not so");
      })
      .catch(({ message }) => message);
    const [{ count }] = await sql`select count(*)::int from people`;
    return { error, count };
  },
  "/cursor": async () => {
    const portions = [];
    await sql`select n from generate_series(1, 2500) as n`.cursor(1000, (rows) => {
      portions.push(rows.length);
    });
    return portions;
  },
  "/pipelined": async () => {
    const all = Array.from({ length: 100 }, (_, n) => sql`select ${n}::int as n`);
    return (await Promise.all(all)).reduce((sum, [{ n }]) => sum + n, 0);
  },
  "/notified": async () => {
    const heard = Promise.withResolvers();
    const { unlisten } = await sql.listen("news", heard.resolve);
    await sql.notify("news", "it happened");
    const text = await heard.promise;
    await unlisten();
    return text;
  },
  "/copied": async () => {
    const writable = await sql`copy people (name, age) from stdin`.writable();
    const isDone = new Promise((resolve) => writable.on("finish", resolve));
    writable.write("Bob\t50\n");
    writable.end("Eve\t51\n");
    await isDone;
    const chunks = [];
    const readable = await sql`copy (select name from people where age >= 50) to stdout`.readable();
    for await (const chunk of readable) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  },
  "/tls": async () => {
    const other = postgres(process.env.DATABASE_URL, {
      ssl: { rejectUnauthorized: false },
      max: 1,
    });
    const [{ ssl }] = await other`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    await other.end();
    return ssl;
  },
  "/fails": () =>
    sql`insert into people (name) values ('Ada')`.catch(({ code, constraint_name }) => [
      code,
      constraint_name,
    ]),
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
