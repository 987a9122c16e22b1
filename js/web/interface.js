// Putting a constructor of howth's in the place of one of Deno's.
//
// Both have the same prototype object: whoever made an instance, it is one of either, and Deno's own code goes on
// working with it. Runs while the snapshot is made.

import { primordials } from "ext:core/mod.js";

const {
  Error,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetOwnPropertySymbols,
  ReflectOwnKeys,
} = primordials;

// The constructor becomes the global one of its name, with the statics that `Original` has and it has not.
function replaceInterface(Constructor, Original) {
  const { name, prototype } = Original;
  ObjectDefineProperty(Constructor, "prototype", {
    __proto__: null,
    value: prototype,
    writable: false,
  });
  for (const key of ReflectOwnKeys(Original)) {
    if (ObjectGetOwnPropertyDescriptor(Constructor, key) !== undefined) continue;
    ObjectDefineProperty(Constructor, key, {
      __proto__: null,
      ...ObjectGetOwnPropertyDescriptor(Original, key),
    });
  }
  for (const [holder, key] of [
    [prototype, "constructor"],
    [globalThis, name],
  ]) {
    ObjectDefineProperty(holder, key, {
      __proto__: null,
      value: Constructor,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
}

// Replaces members by those of the same name in `members`, and gives what stood there before.
function replaceMembers(holder, members) {
  const replaced = { __proto__: null };
  for (const key of ReflectOwnKeys(members)) {
    const before = ObjectGetOwnPropertyDescriptor(holder, key);
    const own = ObjectGetOwnPropertyDescriptor(members, key);
    replaced[key] = before.value ?? before.get;
    const changed = own.get === undefined ? { value: own.value } : { get: own.get };
    ObjectDefineProperty(holder, key, { __proto__: null, ...before, ...changed });
  }
  return replaced;
}

// What an instance reads that has no such property of its own.
function defineDefaults(prototype, defaults) {
  for (const key of ReflectOwnKeys(defaults)) {
    ObjectDefineProperty(prototype, key, {
      __proto__: null,
      value: defaults[key],
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
}

// The symbol Deno's class uses for one of its properties.
function privateSymbol(holder, description) {
  for (const symbol of ObjectGetOwnPropertySymbols(holder)) {
    if (symbol.description === description) return symbol;
  }
  throw new Error(`Deno's class has no property "${description}" any more`);
}

export { defineDefaults, privateSymbol, replaceInterface, replaceMembers };
