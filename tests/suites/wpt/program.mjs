// A file of the Web platform tests as one program: the harness, the scripts that it names, itself, and what it would fetch
// from beside it. Called by suite.mjs.

import fs from "node:fs";
import path from "node:path";

/** Begins the line that has the verdicts. */
export const RESULT = "WPT-RESULT ";

const RESOURCE_MAX = 2_000_000;

const read = (file) => fs.readFileSync(file, "utf8");

const metaOf = (source, name) =>
  [...source.matchAll(new RegExp(`^// META: ${name}=(.*)$`, "gm"))].map(([, value]) =>
    value.trim(),
  );

/** The addresses' ends with which a file wants to be run, each by itself. */
export function variantsOf(file) {
  const variants = metaOf(read(file), "variant");
  return variants.length > 0 ? variants : [""];
}

// What tests fetch from beside them, by its path, as base64.
function resourcesOf(root, folder, source) {
  const found = {};
  const take = (file) => {
    found[path.relative(root, file)] = fs.readFileSync(file, "base64");
  };
  if (source.includes("idlharness")) {
    for (const name of fs.readdirSync(path.join(root, "interfaces")))
      take(path.join(root, "interfaces", name));
  }
  for (const beside of [
    folder,
    path.join(folder, "resources"),
    path.join(folder, "../resources"),
  ]) {
    if (!fs.existsSync(beside)) continue;
    for (const name of fs.readdirSync(beside)) {
      const file = path.join(beside, name);
      if (/\.(json|txt|wasm)$/.test(name) && fs.statSync(file).size < RESOURCE_MAX) take(file);
    }
  }
  return found;
}

function scriptsOf(root, folder, source) {
  return metaOf(source, "script").map((name) => {
    const moved =
      name === "/resources/WebIDLParser.js" ? "/resources/webidl2/lib/webidl2.js" : name;
    const file = moved.startsWith("/") ? path.join(root, moved) : path.join(folder, moved);
    return fs.existsSync(file)
      ? read(file)
      : `throw new Error(${JSON.stringify(`${name} is not there`)});`;
  });
}

/** The program's text. It ends by itself, when the harness has its verdicts. */
export function programOf(root, file, variant) {
  const source = read(file);
  const folder = path.dirname(file);
  const address = `http://web-platform.test:8000/${path.relative(root, file)}`;
  const code = [...scriptsOf(root, folder, source), source].join("\n;\n");
  return `
const resources = ${JSON.stringify(resourcesOf(root, folder, source))};
globalThis.self ??= globalThis;
const location = new URL(${JSON.stringify(address + variant)});
Object.defineProperty(globalThis, "location", { value: location, configurable: true, writable: true });
globalThis.GLOBAL = { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false };
const { fetch } = globalThis;
globalThis.fetch = (input, init) => {
  const isRelative = typeof input === "string" && !/^[a-z]+:/i.test(input);
  const name = isRelative ? new URL(input, location).pathname.slice(1) : "";
  if (!(name in resources)) return fetch(input, init);
  return Promise.resolve(new Response(Uint8Array.from(atob(resources[name]), (letter) => letter.charCodeAt(0))));
};
// The program waits for the verdicts, whatever else there is to wait for.
const waiting = setInterval(() => {}, 1000);
function tell(harness, tests) {
  process.stdout.write(${JSON.stringify(RESULT)} + JSON.stringify({ harness, tests }) + "\\n");
  clearInterval(waiting);
  process.exit(0);
}
(0, eval)(${JSON.stringify(read(path.join(root, "resources/testharness.js")))});
setup({ explicit_timeout: true });
add_completion_callback((tests, { status, message }) => {
  const faultOf = (test) => (test.status === 0 ? null : String(test.message ?? "no reason").slice(0, 200));
  const told = tests.map((test) => ({ name: test.name, fault: faultOf(test) }));
  tell(status === 0 ? null : String(message), told);
});
try {
  (0, eval)(${JSON.stringify(code)});
} catch (error) {
  tell(String(error?.stack ?? error).slice(0, 300), []);
}
`;
}
