// The servers of others that applications need beside themselves: PostgreSQL and Redis, as Debian has them. Each listens
// on loopback, with its data in a folder of its own, and is ended by its process id. Called by scripts/compatibility.

import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { freePort, Program } from "./program.mjs";

const PASSWORD = "of-a-check";

const call = promisify(execFile);

/** The first of these files that is there. */
const firstOf = (files) => files.find((file) => existsSync(file));

function inPath(name) {
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
  return firstOf(folders.map((folder) => path.join(folder, name)));
}

/** Debian keeps PostgreSQL's programs apart, by version, and out of PATH. The newest counts. */
function postgresqlPrograms() {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => b - a) : [];
  const found = firstOf(versions.map((version) => path.join(root, version, "bin", "initdb")));
  return path.dirname(found ?? inPath("initdb") ?? "") || undefined;
}

/** PostgreSQL refuses to run as root, so that it runs as the user that its package makes. */
async function userOf(name) {
  if (process.getuid() !== 0) return {};
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (option) => Number((await call("id", [option, name])).stdout)),
  );
  return { uid, gid };
}

async function postgresql(folder, port) {
  const programs = postgresqlPrograms();
  const user = await userOf("postgres");
  const own = (file) => user.uid !== undefined && chownSync(file, user.uid, user.gid);
  const fileOf = (name) => path.join(folder, name);
  const options = { ...user, cwd: folder, env: { ...process.env, LC_ALL: "C" } };
  own(folder);
  writeFileSync(fileOf("password"), PASSWORD);
  own(fileOf("password"));
  const certificate = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"];
  const files = ["-keyout", fileOf("key.pem"), "-out", fileOf("certificate.pem")];
  await call("openssl", ["req", "-x509", ...certificate, ...files], options);
  const access = ["--username=check", "--auth=scram-sha-256", `--pwfile=${fileOf("password")}`];
  const data = ["--pgdata", fileOf("data"), "--encoding=UTF8", "--no-sync"];
  await call(path.join(programs, "initdb"), [...data, ...access], options);
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    fsync: "off",
    ssl: "on",
    ssl_cert_file: fileOf("certificate.pem"),
    ssl_key_file: fileOf("key.pem"),
  };
  const given = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return {
    command: [path.join(programs, "postgres"), "-D", fileOf("data"), ...given],
    options,
    // A fast shutdown: clients that are still there are cut off.
    signal: "SIGINT",
    env: { DATABASE_URL: `postgresql://check:${PASSWORD}@127.0.0.1:${port}/postgres` },
  };
}

async function redis(folder, port) {
  const settings = { port, bind: "127.0.0.1", dir: folder, save: "", requirepass: PASSWORD };
  const given = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return {
    command: [inPath("redis-server"), ...given],
    options: { cwd: folder },
    signal: "SIGTERM",
    env: { REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${port}/0` },
  };
}

/** By the name that checks.mjs has in `services`. */
export const services = {
  postgresql: {
    title: "PostgreSQL",
    debian: "postgresql",
    find: postgresqlPrograms,
    of: postgresql,
  },
  redis: { title: "Redis", debian: "redis-server", find: () => inPath("redis-server"), of: redis },
};

/** What of these is not on this machine, as a sentence; undefined if all of it is. */
export function missing(names) {
  const found = names.filter((name) => services[name].find() === undefined);
  const said = found.map(
    (name) => `${services[name].title} (Debian's package ${services[name].debian})`,
  );
  return said.length > 0 ? `${said.join(" and ")} is not installed` : undefined;
}

/** Starts one: what an application's environment gets of it, and how it is ended. */
export async function startService(name) {
  const folder = mkdtempSync(path.join(tmpdir(), `howth-compatibility-${name}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  let program;
  try {
    const port = await freePort();
    const { command, options, signal, env } = await services[name].of(folder, port);
    program = new Program(command, port, options);
    await program.starts();
    const stop = () =>
      program
        .stops(signal)
        .catch(() => program.kill())
        .finally(remove);
    return { env, stop };
  } catch (error) {
    program?.kill();
    remove();
    throw new Error(`${services[name].title}: ${error.message}`);
  }
}
