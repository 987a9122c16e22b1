// What happens to a promise rejection that nothing handles.

import { core, internals } from "ext:core/mod.js";

// "throw": the event loop ends with the reason. "warn": the reason is printed. "none": nothing.
function setRejectionPolicy(policy) {
  core.setUnhandledPromiseRejectionHandler((promise, reason) => {
    const event = new PromiseRejectionEvent("unhandledrejection", {
      cancelable: true,
      promise,
      reason,
    });
    globalThis.dispatchEvent(event);
    if (!event.defaultPrevented) {
      internals.nodeProcessUnhandledRejectionCallback?.(event);
    }
    if (event.defaultPrevented || policy === "none") {
      return true;
    }
    if (policy === "warn") {
      console.error("Unhandled rejection:", reason);
      return true;
    }
    return false;
  });
}

export { setRejectionPolicy };
