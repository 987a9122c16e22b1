// Howth.redirect: a route that leads elsewhere, without a call of JavaScript.
//
// Owns how it is read; where it leads is checked and found in Rust (crates/routes). Called by: programs, through Howth; routes.js.

const MEANT = "Howth.redirect";

// What crosses to Rust.
class Redirect {
  #said;

  constructor(said) {
    this.#said = said;
    Object.freeze(this);
  }

  static said(value) {
    return typeof value === "object" && value !== null && #said in value ? value.#said : undefined;
  }
}

// Howth.redirect(to, status, { query }).
function redirect(to, status = 302, options = {}) {
  const target = to instanceof URL ? to.href : to;
  if (typeof target !== "string" || target === "") {
    throw new TypeError(`${MEANT} takes where it leads: a path such as "/new/:name", or a URL`);
  }
  if (!Number.isInteger(status) || status < 0 || status > 999) {
    throw new TypeError(`${MEANT}: the status must be 301, 302, 303, 307 or 308`);
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${MEANT}: the options must be an object`);
  }
  const { query = true } = options;
  if (typeof query !== "boolean") throw new TypeError(`${MEANT}: query must be true or false`);
  return new Redirect({ to: target, status, query });
}

function saidRedirect(target) {
  return Redirect.said(target);
}

export { redirect, saidRedirect };
