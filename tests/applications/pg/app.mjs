import http from "node:http";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import Cursor from "pg-cursor";

const connectionString = process.env.DATABASE_URL;
const pool = new pg.Pool({ connectionString, max: 4 });

await pool.query(`
  drop table if exists notes, accounts, numbers;
  create table notes (id serial primary key, text text not null unique, tags text[], made timestamptz);
  create table accounts (name text primary key, cents integer not null check (cents >= 0));
  insert into accounts values ('ann', 100), ('bob', 0);
  create table numbers (number integer, square bigint);
`);

async function jsonOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks));
}

async function withClient(work) {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

function transfer({ from, to, cents }) {
  return withClient(async (client) => {
    await client.query("begin");
    try {
      const change = "update accounts set cents = cents + $2 where name = $1";
      await client.query(change, [to, cents]);
      await client.query(change, [from, -cents]);
      await client.query("commit");
      return { isDone: true };
    } catch (error) {
      await client.query("rollback");
      return { isDone: false, code: error.code, constraint: error.constraint };
    }
  });
}

async function readByCursor(count) {
  return withClient(async (client) => {
    const cursor = client.query(new Cursor("select n from generate_series(1, $1) as n", [count]));
    const portions = [];
    for (;;) {
      const rows = await cursor.read(1000);
      if (rows.length === 0) break;
      portions.push(rows.length);
    }
    await cursor.close();
    return portions;
  });
}

async function overTls() {
  const client = new pg.Client({ connectionString, ssl: { rejectUnauthorized: false } });
  await client.connect();
  const { rows } = await client.query(
    "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()",
  );
  await client.end();
  return rows[0];
}

async function events(response) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query("listen news");
  client.on("notification", ({ channel, payload }) => {
    response.end(`data: ${channel} ${payload}\n\n`);
    client.end();
  });
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": listening\n\n");
}

const routes = {
  "POST /notes": async (request) => {
    const { text, tags } = await jsonOf(request);
    const { rows } = await pool.query(
      "insert into notes (text, tags, made) values ($1, $2, $3) returning id, text, tags, made",
      [text, tags, new Date(0)],
    );
    return rows[0];
  },
  "GET /notes": async (_, { searchParams }) => {
    const named = {
      name: "by-text",
      text: "select text from notes where text like $1 order by id",
    };
    const { rows, rowCount } = await pool.query({
      ...named,
      values: [`%${searchParams.get("word")}%`],
      rowMode: "array",
    });
    return { rowCount, rows };
  },
  "GET /types": async () => {
    const { rows } = await pool.query(`select
      9007199254740993::bigint as large, 1.5::float8 as real, 12.340::numeric as exact, true as yes, null as nothing,
      '{"a":[1]}'::jsonb as json, '\\x00ff'::bytea as bytes, array[1, 2] as list, 'Zoë'::text as text`);
    return { ...rows[0], bytes: rows[0].bytes.toString("hex") };
  },
  "POST /transfer": async (request) => transfer(await jsonOf(request)),
  "GET /accounts": async () => (await pool.query("select * from accounts order by name")).rows,
  "GET /cursor": async () => readByCursor(2500),
  "GET /at-once": async () => {
    const work = Array.from({ length: 20 }, (_, number) =>
      pool.query("select $1::int as number, pg_sleep(0.005)", [number]),
    );
    const found = await Promise.all(work);
    return {
      sum: found.reduce((sum, { rows }) => sum + rows[0].number, 0),
      total: pool.totalCount,
    };
  },
  "GET /tls": overTls,
  "POST /notify": async () => {
    await pool.query("select pg_notify('news', 'it happened')");
    return "told";
  },
  "POST /copy": async (request) =>
    withClient(async (client) => {
      const stream = client.query(copyFrom("copy numbers from stdin with (format csv)"));
      await pipeline(request, stream);
      return { rowCount: stream.rowCount };
    }),
  "GET /fails": async () => pool.query("select 1 / 0"),
  "GET /wrong-password": async () => {
    const other = Object.assign(new URL(connectionString), { password: "wrong" });
    await new pg.Client({ connectionString: other.href }).connect();
  },
};

async function answer(request, response) {
  const url = new URL(request.url, "http://localhost");
  const name = `${request.method} ${url.pathname}`;
  try {
    if (name === "GET /events") return await events(response);
    if (name === "GET /copy") {
      return await withClient((client) =>
        pipeline(client.query(copyTo("copy (select * from numbers) to stdout csv")), response),
      );
    }
    const found = JSON.stringify(await routes[name](request, url));
    response.setHeader("content-type", "application/json").end(found);
  } catch ({ message, code, severity }) {
    response.writeHead(500).end(JSON.stringify({ message, code, severity }));
  }
}

http.createServer(answer).listen(process.env.PORT, "127.0.0.1");
