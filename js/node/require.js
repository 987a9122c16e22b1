// What `require` has besides Node's, as under tsx and Bun: TypeScript and JSX, `./a.js` for a file that is `a.ts`, and the
// paths of tsconfig.json, all in a program's own files; and modules that are howth's own.
//
// `node:module` is loaded when a program first asks for it; it calls `extend` then (crates/snapshot/build.rs).

import { internals, primordials } from "ext:core/mod.js";
import { op_require_read_file } from "ext:core/ops";

const { ReflectApply, StringPrototypeStartsWith } = primordials;

let ops;

function connectOps(bound) {
  ops = bound;
}

// Modules that are howth's own, by their names.
const provided = { __proto__: null };

function provide(name, module) {
  provided[name] = module;
}

function extend(Module) {
  const load = Module._load;
  Module._load = function (request, parent, isMain) {
    return provided[request] ?? ReflectApply(load, this, [request, parent, isMain]);
  };

  const extensions = Module._extensions;
  for (const extension of [".ts", ".tsx", ".jsx"]) extensions[extension] = extensions[".js"];
  extensions[".mts"] = extensions[".mjs"];
  // The name says CommonJS, but TypeScript may write that with imports: then it is an ES module here.
  extensions[".cts"] = (module, filename) => {
    module._compile(op_require_read_file(filename), filename, undefined);
  };

  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, isMain, options) {
    if (provided[request] !== undefined) return request;
    const referrer = parent?.filename;
    const isOwn =
      ops !== undefined &&
      typeof request === "string" &&
      typeof referrer === "string" &&
      options?.paths === undefined;
    if (isOwn && !isPath(request)) {
      const mapped = ops.op_howth_required(request, referrer, true);
      if (mapped !== null) return mapped;
    }
    try {
      return ReflectApply(resolve, this, [request, parent, isMain, options]);
    } catch (error) {
      if (isOwn && error?.code === "MODULE_NOT_FOUND") {
        const found = ops.op_howth_required(request, referrer, false);
        if (found !== null) return found;
      }
      throw error;
    }
  };
}

function isPath(request) {
  return StringPrototypeStartsWith(request, ".") || StringPrototypeStartsWith(request, "/");
}

internals.howthRequire = extend;

export { connectOps, provide };
