// Bun.escapeHTML, Bun.stringWidth, Bun.stripANSI and Bun.inspect.
//
// Called by: namespace.js.

import { missing } from "ext:howth/bun/missing.js";
import { node } from "ext:howth/bun/parts.js";

const ESCAPED = { '"': "&quot;", "&": "&amp;", "'": "&#x27;", "<": "&lt;", ">": "&gt;" };

function escapeHTML(value) {
  return String(value).replace(/["&'<>]/g, (character) => ESCAPED[character]);
}

function stripANSI(text) {
  return node.util().stripVTControlCharacters(String(text));
}

let segmenter;

// Columns of a terminal: two of what is wide, none of what is drawn over the character before.
function stringWidth(text, { countAnsiEscapeCodes = false } = {}) {
  const shown = countAnsiEscapeCodes ? String(text) : stripANSI(text);
  if (/^[\x20-\x7e]*$/.test(shown)) return shown.length;
  segmenter ??= new Intl.Segmenter();
  let width = 0;
  for (const { segment } of segmenter.segment(shown)) width += widthOf(segment);
  return width;
}

const INVISIBLE = /^(?:\p{Control}|\p{Mark}|\p{Default_Ignorable_Code_Point})+$/u;
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

function widthOf(segment) {
  if (INVISIBLE.test(segment)) return 0;
  return EMOJI.test(segment) || WIDE.test(segment) ? 2 : 1;
}

// As node:util writes values, which differs from Bun in spaces and line ends.
function makeInspect() {
  const { inspect: write } = node.util();
  const inspect = (value, options) => {
    if (typeof value === "string") return JSON.stringify(value);
    return write(value, options);
  };
  inspect.custom = write.custom;
  inspect.table = missing("Bun.inspect.table", "console.table");
  return inspect;
}

export { escapeHTML, makeInspect, stringWidth, stripANSI };
