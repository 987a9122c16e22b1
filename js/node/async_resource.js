// Node's AsyncResource without what Deno's pays for each, as packages make one or two for every request.
//
// Deno's registers each with the garbage collector, to tell hooks of its end, and enters it as the current resource whenever
// it runs. Here both happen only once somebody could notice: hooks are on, or the current resource was asked for.

import { core, primordials } from "ext:core/mod.js";

const { ReflectApply, SafeFinalizationRegistry } = primordials;
const { getAsyncContext, setAsyncContext } = core;
const hooks = core.loadExtScript("ext:deno_node/internal/async_hooks.ts");
const { validateFunction, validateString } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);
const { ERR_INVALID_ASYNC_ID } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const module = core.loadExtScript("ext:deno_node/async_hooks.ts");
const { executionAsyncResource } = module;

let ends;
// The resource in whose scope a function runs, if it was not entered.
let running = null;
// The current resource was asked for: from now on resources are entered.
let isAsked = false;

class AsyncResource {
  #context = getAsyncContext();
  #id = hooks.newAsyncId();
  #trigger;

  constructor(type, options = {}) {
    validateString(type, "type");
    this.type = type;
    this.#trigger = triggerOf(options);
    if (!hooks.enabledHooksExist()) return;
    hooks.emitInit(this.#id, type, hooks.executionAsyncId(), this);
    ends ??= new SafeFinalizationRegistry((id) => hooks.emitDestroy(id));
    ends.register(this, this.#id, this);
  }

  asyncId() {
    return this.#id;
  }

  triggerAsyncId() {
    return this.#trigger;
  }

  runInAsyncScope(run, receiver, ...given) {
    const before = getAsyncContext();
    const outer = running;
    hooks.emitBefore(this.#id);
    setAsyncContext(this.#context);
    try {
      const isEntered = isAsked || hooks.enabledHooksExist();
      running = isEntered ? null : this;
      if (isEntered) hooks.enterAsyncResource(this);
      return ReflectApply(run, receiver, given);
    } finally {
      running = outer;
      setAsyncContext(before);
      hooks.emitAfter(this.#id);
    }
  }

  emitDestroy() {
    ends?.unregister(this);
    hooks.emitDestroy(this.#id);
    return this;
  }

  bind(run, receiver) {
    validateFunction(run, "fn");
    const resource = this;
    const bound = function (...given) {
      return resource.runInAsyncScope(run, receiver === undefined ? this : receiver, ...given);
    };
    Object.defineProperty(bound, "length", { configurable: true, value: run.length });
    return bound;
  }

  static bind(run, type, receiver) {
    validateFunction(run, "fn");
    return new AsyncResource(type || run.name || "bound-anonymous-fn").bind(run, receiver);
  }
}

function triggerOf(options) {
  const given = typeof options === "number" ? options : options.triggerAsyncId;
  if (given === undefined) return hooks.executionAsyncId();
  if (Number.isSafeInteger(given) && given >= -1) return given;
  throw new ERR_INVALID_ASYNC_ID("triggerAsyncId", given);
}

function currentResource() {
  isAsked = true;
  return running ?? executionAsyncResource();
}

for (const exported of [module, module.default]) {
  exported.AsyncResource = AsyncResource;
  exported.executionAsyncResource = currentResource;
}
