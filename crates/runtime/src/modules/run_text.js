// Runs a text as `node --eval` does: as a script, with the variables of CommonJS and the built-in modules as globals.
import { builtinModules, createRequire, Module } from "node:module";
import process from "node:process";
import vm from "node:vm";

function run(name, code, prints) {
  const folder = process.cwd();
  const file = `${folder}/${name}`;
  const require = createRequire(file);
  const module = new Module(name);
  module.filename = file;
  module.paths = Module._nodeModulePaths(folder);
  const define = (key, value) =>
    Object.defineProperty(globalThis, key, { value, writable: true, configurable: true, enumerable: true });
  for (const builtin of builtinModules) {
    if (/[/:]|^_|^(console|process|sys|test)$/.test(builtin)) continue;
    Object.defineProperty(globalThis, builtin, {
      configurable: true,
      enumerable: false,
      get() {
        const value = require(`node:${builtin}`);
        Object.defineProperty(globalThis, builtin, { value, writable: true, configurable: true });
        return value;
      },
      set: (value) => define(builtin, value),
    });
  }
  define("__filename", name);
  define("__dirname", ".");
  define("module", module);
  define("exports", module.exports);
  define("require", require);
  const value = vm.runInThisContext(code, {
    filename: name,
    importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (prints) console.log(value);
}

