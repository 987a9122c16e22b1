// multipart/form-data: RFC 7578, whose framing is that of RFC 2046 section 5.1, read as the Fetch standard reads it.
//
// Strict where a lenient reader could be led to see other parts than the next one: a delimiter stands at the beginning of
// a line, lines end in CRLF, every part says its name, and the closing delimiter has to be there.

import { core, primordials } from "ext:core/mod.js";
import { TOKEN } from "ext:howth/web/fields.js";
import { privateSymbol, replaceMembers } from "ext:howth/web/interface.js";

const {
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  MapPrototypeGet,
  NumberParseInt,
  RegExpPrototypeExec,
  RegExpPrototypeTest,
  ReflectApply,
  SafeRegExp,
  StringFromCharCode,
  StringPrototypeCharCodeAt,
  StringPrototypeIndexOf,
  StringPrototypeReplaceAll,
  StringPrototypeSlice,
  StringPrototypeSplit,
  StringPrototypeToLowerCase,
  StringPrototypeTrim,
  TypedArrayPrototypeIndexOf,
  TypedArrayPrototypeSubarray,
  TypeError,
  Uint8Array,
} = primordials;

const mimesniff = core.loadExtScript("ext:deno_web/01_mimesniff.js");
const { forgivingBase64Decode } = core.loadExtScript("ext:deno_web/00_infra.js");
const { TextDecoder } = core.loadExtScript("ext:deno_web/08_text_encoding.js");
const { File } = core.loadExtScript("ext:deno_web/09_file.js");
const { formDataFromEntries } = core.loadExtScript("ext:deno_fetch/21_formdata.js");

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const DASH = 0x2d;

const SECTION_BYTES_MAX = 16 * 1024;
const FIELDS_MAX = 128;

// RFC 8187 section 3.2.1: a charset, a language, and text in which % stands before two hexadecimal digits.
const EXTENDED = new SafeRegExp(
  "^(utf-8|iso-8859-1)'[A-Za-z0-9-]*'((?:[^%]|%[0-9A-Fa-f]{2})*)$",
  "i",
);
// RFC 2045 section 6.7, without its soft line breaks.
const QUOTED_PRINTABLE = new SafeRegExp("^(?:[^=]|=[0-9A-Fa-f]{2})*$");
const SOFT_BREAK = new SafeRegExp("=[ \\t]*\\r\\n");

// A byte order mark is a character like any other (the Encoding standard's "UTF-8 decode without BOM").
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

function malformed(why) {
  return new TypeError(`The body is not valid multipart/form-data: ${why}`);
}

// Reads a whole body. Throws a TypeError that says what is wrong with it.
function parseMultipart(body, boundary) {
  const delimiter = latin1Bytes(`\r\n--${boundary}`);
  const entries = [];
  // The first delimiter needs no line before it; what stands there is no part (RFC 2046 section 5.1.1, preamble).
  let line = startsWith(body, 0, TypedArrayPrototypeSubarray(delimiter, 2))
    ? endOfDelimiter(body, delimiter.length - 2)
    : null;
  line ??= findDelimiter(body, 0, delimiter);
  if (line === null) throw malformed("the boundary that its content-type names does not occur");
  while (!line.isLast) {
    const { fields, end } = readSection(body, line.end);
    const next = findDelimiter(body, end, delimiter);
    if (next === null) throw malformed("its closing delimiter is missing");
    ArrayPrototypePush(
      entries,
      readPart(fields, TypedArrayPrototypeSubarray(body, end, next.start)),
    );
    line = next;
  }
  return formDataFromEntries(entries);
}

// { start, end, isLast } of the next delimiter line: where the CRLF before it begins, and where what follows does.
function findDelimiter(body, from, delimiter) {
  for (let at = from; ; at++) {
    at = TypedArrayPrototypeIndexOf(body, CR, at);
    if (at < 0) return null;
    if (!startsWith(body, at, delimiter)) continue;
    const line = endOfDelimiter(body, at + delimiter.length);
    if (line !== null) return { start: at, ...line };
  }
}

// What follows the boundary of a delimiter line; null: it is none. RFC 2046 section 5.1.1: "--" makes it the last, blanks
// are ignored.
function endOfDelimiter(body, from) {
  const isLast = body[from] === DASH && body[from + 1] === DASH;
  let at = isLast ? from + 2 : from;
  while (body[at] === SPACE || body[at] === TAB) at++;
  if (isLast && at === body.length) return { end: at, isLast };
  return body[at] === CR && body[at + 1] === LF ? { end: at + 2, isLast } : null;
}

function startsWith(body, at, bytes) {
  for (let i = 0; i < bytes.length; i++) {
    if (body[at + i] !== bytes[i]) return false;
  }
  return true;
}

// The header fields of a part, [name in lower case, value] each, and where its content begins.
function readSection(body, from) {
  const fields = [];
  let at = from;
  for (;;) {
    const end = TypedArrayPrototypeIndexOf(body, CR, at);
    if (end < 0 || body[end + 1] !== LF) throw malformed("the header of a part does not end");
    if (end - from > SECTION_BYTES_MAX) throw malformed("the header of a part is too long");
    if (end === at) return { fields, end: end + 2 };
    if (fields.length === FIELDS_MAX) throw malformed("a part has too many header fields");
    ArrayPrototypePush(fields, readField(latin1Text(TypedArrayPrototypeSubarray(body, at, end))));
    at = end + 2;
  }
}

function readField(line) {
  const colon = StringPrototypeIndexOf(line, ":");
  const name = StringPrototypeSlice(line, 0, colon);
  if (colon < 1 || !RegExpPrototypeTest(TOKEN, name)) {
    throw malformed("a part has a line in its header that is no field");
  }
  return [
    StringPrototypeToLowerCase(name),
    StringPrototypeTrim(StringPrototypeSlice(line, colon + 1)),
  ];
}

// The value of a field that a part has once at most; null: it has none.
function fieldValue(fields, name) {
  let value = null;
  for (let i = 0; i < fields.length; i++) {
    if (fields[i][0] !== name) continue;
    if (value !== null) throw malformed(`a part has several ${name} fields`);
    value = fields[i][1];
  }
  return value;
}

// An entry of a FormData.
function readPart(fields, content) {
  const { name, filename } = readDisposition(fieldValue(fields, "content-disposition"));
  const bytes = decodeContent(fieldValue(fields, "content-transfer-encoding"), content);
  if (filename === null) return { name, value: utf8Text(bytes) };
  // RFC 7578 section 4.4.
  const type = fieldValue(fields, "content-type") ?? "text/plain";
  return { name, value: new File([bytes], filename, { type }) };
}

// RFC 7578 section 4.2. The file's name is null when there is none.
function readDisposition(value) {
  const parameters = readParameters(value ?? "");
  const { name, filename: plain, "filename*": extended } = parameters;
  if (name === undefined) throw malformed("a part has no name");
  return {
    name: unescaped(name),
    filename:
      (extended === undefined ? null : extendedValue(extended)) ??
      (plain === undefined ? null : unescaped(plain)),
  };
}

// The parameters behind "form-data", as they were written but for quotes around them.
function readParameters(value) {
  const parameters = { __proto__: null };
  let at = endOfBare(value, 0);
  if (
    StringPrototypeToLowerCase(StringPrototypeTrim(StringPrototypeSlice(value, 0, at))) !==
    "form-data"
  ) {
    throw malformed("a part has no content-disposition that says form-data");
  }
  while (at < value.length) {
    const start = at + 1;
    const equals = StringPrototypeIndexOf(value, "=", start);
    at = endOfBare(value, start);
    // A semicolon behind the last parameter, or two in a row.
    if (StringPrototypeTrim(StringPrototypeSlice(value, start, at)) === "") continue;
    const key = StringPrototypeToLowerCase(
      StringPrototypeTrim(StringPrototypeSlice(value, start, equals)),
    );
    if (equals < 0 || !RegExpPrototypeTest(TOKEN, key)) {
      throw malformed("a part has a content-disposition that cannot be read");
    }
    if (key in parameters) throw malformed(`a part's content-disposition says ${key} twice`);
    const isQuoted = value[equals + 1] === '"';
    at = isQuoted ? endOfQuoted(value, equals + 2) : endOfBare(value, equals);
    parameters[key] = isQuoted
      ? StringPrototypeSlice(value, equals + 2, at - 1)
      : StringPrototypeTrim(StringPrototypeSlice(value, equals + 1, at));
    if (isQuoted) at = endOfParameter(value, at);
    if (at < 0) throw malformed("a part has a content-disposition that cannot be read");
  }
  return parameters;
}

// Where a semicolon stands, or the end.
function endOfBare(value, from) {
  const at = StringPrototypeIndexOf(value, ";", from);
  return at < 0 ? value.length : at;
}

// Like `endOfBare` where only blanks stand before it; else -1.
function endOfParameter(value, from) {
  const at = endOfBare(value, from);
  return StringPrototypeTrim(StringPrototypeSlice(value, from, at)) === "" ? at : -1;
}

// Behind the quote that ends a value. Browsers write a quote within as %22 (the HTML standard), curl before 7.81 as \":
// there the value goes on, unless another parameter or nothing follows, as behind a name that ends in a backslash.
function endOfQuoted(value, from) {
  for (let at = from; ; at++) {
    at = StringPrototypeIndexOf(value, '"', at);
    if (at < 0) throw malformed("a part's content-disposition has a quote that does not end");
    if (value[at - 1] !== "\\" || at === from || endOfParameter(value, at + 1) >= 0) return at + 1;
  }
}

// A name as it was meant: in UTF-8, whatever byte a string of one byte per character says (RFC 7578 section 5.1), with what
// a form's encoder writes for a quote and line breaks (the HTML standard, multipart/form-data encoding algorithm).
function unescaped(text) {
  let name = StringPrototypeReplaceAll(text, '\\"', '"');
  name = StringPrototypeReplaceAll(name, "%22", '"');
  name = StringPrototypeReplaceAll(name, "%0D", "\r");
  name = StringPrototypeReplaceAll(name, "%0A", "\n");
  return utf8Text(latin1Bytes(name));
}

// RFC 8187 section 3.2; RFC 7578 section 4.2 forbids senders it, some write it. Null: it is none.
function extendedValue(value) {
  const found = RegExpPrototypeExec(EXTENDED, value);
  if (found === null) return null;
  const text = decodeOctets(found[2], "%");
  return StringPrototypeToLowerCase(found[1]) === "utf-8" ? utf8Text(latin1Bytes(text)) : text;
}

// Text in which a mark stands before two hexadecimal digits for the octet they are.
function decodeOctets(text, mark) {
  const parts = StringPrototypeSplit(text, mark);
  let decoded = parts[0];
  for (let i = 1; i < parts.length; i++) {
    const octet = NumberParseInt(StringPrototypeSlice(parts[i], 0, 2), 16);
    decoded += StringFromCharCode(octet) + StringPrototypeSlice(parts[i], 2);
  }
  return decoded;
}

// RFC 7578 section 4.7: senders should not, curl does where it is asked to. The encodings are those of RFC 2045 section 6.
function decodeContent(encoding, content) {
  switch (encoding === null ? "binary" : StringPrototypeToLowerCase(encoding)) {
    case "7bit":
    case "8bit":
    case "binary":
      return content;
    case "base64":
      try {
        return forgivingBase64Decode(latin1Text(content));
      } catch {
        throw malformed("a part says that it is base64, and is not");
      }
    case "quoted-printable":
      return decodeQuotedPrintable(latin1Text(content));
    default:
      throw malformed(`a part has the content-transfer-encoding "${encoding}", which is unknown`);
  }
}

// RFC 2045 section 6.7.
function decodeQuotedPrintable(text) {
  const line = ArrayPrototypeJoin(StringPrototypeSplit(text, SOFT_BREAK), "");
  if (!RegExpPrototypeTest(QUOTED_PRINTABLE, line)) {
    throw malformed("a part says that it is quoted-printable, and is not");
  }
  return latin1Bytes(decodeOctets(line, "="));
}

function latin1Bytes(text) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = StringPrototypeCharCodeAt(text, i);
  return bytes;
}

function latin1Text(bytes) {
  let text = "";
  // As many arguments as V8 surely takes.
  for (let at = 0; at < bytes.length; at += 4096) {
    text += ReflectApply(
      StringFromCharCode,
      null,
      TypedArrayPrototypeSubarray(bytes, at, at + 4096),
    );
  }
  return text;
}

function utf8Text(bytes) {
  return utf8.decode(bytes);
}

// Gives Request or Response a `formData` that reads multipart/form-data by these rules, and the rest as before.
function replaceFormData(prototype) {
  const typeKey = privateSymbol(prototype, "mime type");
  const { bytes } = prototype;
  const deno = replaceMembers(prototype, {
    async formData() {
      const type = this[typeKey];
      if (
        type === null ||
        type === undefined ||
        mimesniff.essence(type) !== "multipart/form-data"
      ) {
        return await ReflectApply(deno.formData, this, []);
      }
      const body = await ReflectApply(bytes, this, []);
      const boundary = MapPrototypeGet(type.parameters, "boundary");
      // RFC 2046 section 5.1.1 has no empty one, and no longer one than 70 characters; longer ones do no harm.
      if (boundary === undefined || boundary === "") {
        throw malformed("its content-type has no boundary");
      }
      return parseMultipart(body, boundary);
    },
  });
}

export { replaceFormData };
