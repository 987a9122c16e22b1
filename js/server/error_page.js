// What a client sees in development when a handler throws: a page, or JSON or text where it does not accept HTML.

import { excerptOf } from "ext:howth/server/excerpt.js";

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const HTML = "text/html;charset=UTF-8";
const JSON_TYPE = "application/json";
const TEXT = "text/plain;charset=UTF-8";

// A cause may be its own.
const CAUSES_MAX = 8;

function escape(text) {
  return String(text).replace(/[&<>"]/g, (character) => ESCAPES[character]);
}

// Content type and body. `accept`: the value of the request's field; null: it has none.
function errorAnswer(error, accept) {
  const isError = error instanceof Error;
  const title = isError ? `${error.name}: ${error.message}` : `Thrown: ${Deno.inspect(error)}`;
  const stacks = isError ? stacksOf(error) : [];
  const stack = stacks.join("\nCaused by: ");
  const type = bestType(accept);
  if (type === TEXT) return [type, `${stack === "" ? title : stack}\n`];
  const excerpt = isError ? excerptOf(stacks[0], String(error.message)) : null;
  if (type === JSON_TYPE) {
    const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
    const place = excerpt && { file: excerpt.file, line: excerpt.line, column: excerpt.column };
    const said = { error: title, stack: frames.map((frame) => frame.trim()), ...place };
    return [type, `${JSON.stringify(said)}\n`];
  }
  return [type, page(title, stack, excerpt)];
}

// Its stack and those of its causes, without the places of howth's own code.
function stacksOf(error) {
  const stacks = [];
  for (let each = error; each instanceof Error && stacks.length < CAUSES_MAX; each = each.cause) {
    const lines = String(each.stack ?? `${each.name}: ${each.message}`).split("\n");
    stacks.push(lines.filter((line) => !/^\s+at .*\bext:/.test(line)).join("\n"));
  }
  return stacks;
}

// RFC 9110 section 12.5.1, as far as it decides among three types: the one that is wanted most, and of several HTML before
// JSON before text. Who accepts anything gets text, unless a browser asks, which names HTML.
function bestType(accept) {
  if (accept === null) return TEXT;
  const weights = { [HTML]: 0, [JSON_TYPE]: 0, [TEXT]: 0 };
  for (const range of accept.split(",")) {
    const [name, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter));
    const value = weight === undefined ? 1 : Number(weight.split("=")[1]);
    if (name === "text/html" || name === "application/xhtml+xml") {
      weights[HTML] = Math.max(weights[HTML], value);
    } else if (name === "application/json" || name.endsWith("+json")) {
      weights[JSON_TYPE] = Math.max(weights[JSON_TYPE], value);
    } else if (name === "text/plain" || name === "text/*") {
      weights[TEXT] = Math.max(weights[TEXT], value);
    }
  }
  const wanted = Object.entries(weights).reduce((best, other) =>
    other[1] > best[1] ? other : best,
  );
  return wanted[1] > 0 ? wanted[0] : TEXT;
}

function page(title, stack, excerpt) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>
:root { color-scheme: light dark; --error: light-dark(#b00020, #ff8a80); --box: light-dark(#f1f1f1, #262626) }
body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 64rem; padding: 0 1rem }
h1 { font-size: 1.3rem; color: var(--error); overflow-wrap: anywhere; white-space: pre-wrap }
h2 { font-size: 1rem; font-weight: normal; overflow-wrap: anywhere }
pre { background: var(--box); padding: 1rem; overflow: auto; border-radius: 4px }
mark { background: none; color: var(--error); font-weight: bold }
</style>
<h1>${escape(title)}</h1>
${excerpt === null ? "" : source(excerpt)}${stack === "" ? "" : `<pre>${escape(stack)}</pre>`}
<p>Shown because of <code>--dev</code>, or the option <code>development</code>; without it clients see
"Internal Server Error" only.</p>
</html>
`;
}

function source({ file, line, column, lines }) {
  const width = String(lines.at(-1).number).length;
  const written = lines.map(({ number, text }) => {
    const numbered = `${String(number).padStart(width)}  ${escape(text)}`;
    if (number !== line) return numbered;
    // A tab is as wide in the line below as in that above.
    const before = text.slice(0, column - 1).replace(/[^\t]/g, " ");
    return `<mark>${numbered}\n${" ".repeat(width + 2)}${before}^</mark>`;
  });
  return `<h2>${escape(file)}:${line}:${column}</h2>\n<pre>${written.join("\n")}</pre>\n`;
}

export { errorAnswer };
