// Where an error was thrown: the lines of the source around the first place in its stack that is the program's own.
//
// Stacks name the lines of the source as it was written. Reads files; called in development alone, by error_page.js.

const AROUND = 4;
const BYTES_MAX = 1024 * 1024;

// `{ file, line, column, lines: [{ number, text }] }`; null: no place is known, or its file cannot be read. `message`: stands at
// the beginning of the stack, and a client may have written it in part; nothing in it counts as a place.
function excerptOf(stack, message) {
  const at = stack.indexOf(message);
  const place = at < 0 ? null : firstPlace(stack.slice(at + message.length));
  return place === null ? null : readExcerpt(place);
}

function readExcerpt(place) {
  let text;
  try {
    const { isFile, size } = Deno.statSync(place.file);
    if (!isFile || size > BYTES_MAX) return null;
    text = Deno.readTextFileSync(place.file);
  } catch {
    return null;
  }
  const all = text.split("\n");
  if (place.line > all.length) return null;
  const first = Math.max(place.line - AROUND, 1);
  const lines = all
    .slice(first - 1, place.line + AROUND)
    .map((text, index) => ({ number: first + index, text }));
  return { ...place, lines };
}

// A file of the program's own, if there is one in the stack; else one of a package.
function firstPlace(stack) {
  const places = [];
  for (const line of stack.split("\n")) {
    const found = /^\s+at .*?\(?(file:\/\/[^()\s]+):(\d+):(\d+)\)?$/.exec(line.trimEnd());
    if (found === null) continue;
    let file;
    try {
      file = decodeURIComponent(new URL(found[1]).pathname);
    } catch {
      continue;
    }
    places.push({ file, line: Number(found[2]), column: Number(found[3]) });
  }
  return places.find(({ file }) => !file.includes("/node_modules/")) ?? places[0] ?? null;
}

export { excerptOf };
