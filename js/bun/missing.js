// Members of Bun that are not here: what is said when a program uses one.
//
// Naming one is no error, so that imports and comparisons pass. Called by: namespace.js and hash.js.

const ADVICE = {
  $: "Bun.spawn, node:child_process, or the package zx",
  Archive: "the package tar",
  build: "the package esbuild",
  color: "a package such as color",
  connect: "node:net",
  Cookie: "a package such as cookie",
  CookieMap: "a package such as cookie",
  cron: "a package such as croner",
  CSRF: "a package such as csrf",
  dns: "node:dns",
  FFI: "a native add-on by Node-API",
  FileSystemRouter: "a router of your framework",
  generateHeapSnapshot: "node:v8 (getHeapSnapshot)",
  Glob: "node:fs (glob) and node:path (matchesGlob)",
  Image: "the package sharp",
  JSON5: "the package json5",
  JSONC: "the package jsonc-parser",
  listen: "node:net",
  markdown: "a package such as marked",
  mmap: "node:fs (readFile)",
  plugin: "node:module (registerHooks)",
  postgres: "a package such as postgres",
  redis: "a package such as ioredis",
  RedisClient: "a package such as ioredis",
  s3: "the package @aws-sdk/client-s3",
  S3Client: "the package @aws-sdk/client-s3",
  sql: "a package such as postgres, or node:sqlite",
  SQL: "a package such as postgres, or node:sqlite",
  TOML: "a package such as smol-toml",
  Transpiler: "the package esbuild",
  udpSocket: "node:dgram",
  wrapAnsi: "the package wrap-ansi",
  sliceAnsi: "the package slice-ansi",
  XML: "a package such as fast-xml-parser",
  YAML: "the package yaml",
};

const OTHERS = [
  "ArrayBufferSink",
  "FetchSession",
  "indexOfLine",
  "JSONL",
  "ModuleGraph",
  "openInEditor",
  "randomUUIDv5",
  "secrets",
  "Terminal",
  "unsafe",
  "WebView",
];

// What throws, however it is used, and names itself and what there is instead.
function missing(name, instead) {
  const fail = () => {
    const advice = instead === undefined ? "" : `; use ${instead}`;
    throw new Error(`${name} is not there under howth${advice}`);
  };
  return new Proxy(class {}, {
    apply: fail,
    construct: fail,
    // What looks at a value without using it: printing, awaiting, comparing.
    get: (_target, key) => (typeof key === "symbol" || key === "then" ? undefined : fail()),
    set: fail,
  });
}

// Name to function that gives it.
function missingMembers() {
  const members = {};
  for (const [name, instead] of Object.entries(ADVICE)) {
    members[name] = () => missing(`Bun.${name}`, instead);
  }
  for (const name of OTHERS) members[name] = () => missing(`Bun.${name}`);
  return members;
}

export { missing, missingMembers };
