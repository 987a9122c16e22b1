// What takes the place of a function, class or set of constants that howth is built without: it is there, so that a
// program can be loaded and asked for, and throws an error that names it when it is used.
(function () {
const { core, primordials } = __bootstrap;
const { ObjectDefineProperty, ObjectFreeze, Proxy, ReflectGet, ReflectHas } = primordials;

function error(name, part) {
  const { NotSupported } = core.loadExtScript("ext:runtime/01_errors.js").errors;
  return new NotSupported(`${name}: howth is built without ${part}`);
}

// Members that no function has are those of the class that is left out, but for what the language asks of any value.
function guarded(target, name, part) {
  return new Proxy(target, {
    __proto__: null,
    get(target, key, receiver) {
      const isAsked = typeof key === "symbol" || key === "then" || key === "toJSON";
      if (!isAsked && !ReflectHas(target, key)) throw error(`${name}.${key}`, part);
      return ReflectGet(target, key, receiver);
    },
  });
}

function leftOutFunction(name, part) {
  const stub = function () {
    throw error(name, part);
  };
  ObjectDefineProperty(stub, "name", { __proto__: null, value: last(name) });
  return stub;
}

function leftOutAsyncFunction(name, part) {
  const stub = async function () {
    throw error(name, part);
  };
  ObjectDefineProperty(stub, "name", { __proto__: null, value: last(name) });
  return stub;
}

function leftOutClass(name, part) {
  class Stub {
    constructor() {
      throw error(name, part);
    }
  }
  ObjectDefineProperty(Stub, "name", { __proto__: null, value: last(name) });
  return guarded(Stub, name, part);
}

function leftOutConstants(name, part) {
  return guarded(ObjectFreeze({ __proto__: null }), name, part);
}

// `Deno.Kv` is named `Kv`.
function last(name) {
  return primordials.StringPrototypeSlice(name, primordials.StringPrototypeLastIndexOf(name, ".") + 1);
}

return { leftOutAsyncFunction, leftOutClass, leftOutConstants, leftOutFunction };
})();
