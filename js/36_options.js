// Reading what programs hand to Howth.serve, in the shapes of Bun and Deno.
//
// Every mistake is a TypeError or RangeError that names the option.

function readHandlers(options, handler) {
  const chosen = handler ?? options.fetch ?? options.handler;
  if (typeof chosen !== "function") {
    throw new TypeError("Howth.serve needs a handler: give a function, or { fetch(request) {…} }");
  }
  for (const name of ["routes", "static", "tls", "cert", "key", "websocket"]) {
    if (isSetting(options[name])) {
      throw new TypeError(`Howth.serve does not support the option \`${name}\` yet; leave it out`);
    }
  }
  const errorHandler = options.error ?? options.onError;
  if (errorHandler !== undefined && typeof errorHandler !== "function") {
    throw new TypeError("Howth.serve: `error` must be a function that returns a Response");
  }
  const receiver = handler === undefined ? options : undefined;
  return {
    handler:
      receiver === undefined || (takesNothing(chosen) && !/\bthis\b/.test(chosen))
        ? chosen
        : bind(chosen, receiver),
    errorHandler: errorHandler === undefined ? undefined : bind(errorHandler, options),
    development: options.development === undefined ? undefined : Boolean(options.development),
  };
}

// An application object (a router, say) may have properties of these names that mean something else to it.
function isSetting(value) {
  if (typeof value === "string") return true;
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function bind(method, receiver) {
  return (request, info, context) => method.call(receiver, request, info, context);
}

// Whether calling the handler without arguments cannot be told from calling it with some.
function takesNothing(handler) {
  if (handler.length !== 0) return false;
  const source = Function.prototype.toString.call(handler);
  return (
    /^(async\s+)?(function\b\s*\w*\s*|\w+\s*)?\(\s*\)/.test(source) &&
    !/\barguments\b|\beval\b|\[native code\]/.test(source)
  );
}

function readPort(value) {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`Howth.serve: port ${value} is not a number from 0 to 65535`);
  }
  return port;
}

export { readHandlers, readPort, takesNothing };
