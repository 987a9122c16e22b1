// Bun.semver: versions in order, and whether one is in a range, by npm's rules.
//
// Called by: namespace.js.

const VERSION = /^[\s=v]*(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\s*$/;
const PART = "(?:[xX*]|\\d+)";
const COMPARATOR = new RegExp(
  `^(>=|<=|>|<|=|~>?|\\^)?\\s*v?(${PART})(?:\\.(${PART}))?(?:\\.(${PART}))?(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?$`,
);

// { numbers, pre }; null: it is no version.
function readVersion(text) {
  const found = VERSION.exec(String(text));
  if (found === null) return null;
  return { numbers: found.slice(1, 4).map(Number), pre: found[4]?.split(".") ?? [] };
}

function compare(a, b) {
  for (let i = 0; i < 3; i++) {
    if (a.numbers[i] !== b.numbers[i]) return a.numbers[i] < b.numbers[i] ? -1 : 1;
  }
  // What comes before a release is less than it.
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const order = comparePart(a.pre[i], b.pre[i]);
    if (order !== 0) return order;
  }
  return 0;
}

function comparePart(a, b) {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const [isNumber, isOther] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOther) return Math.sign(Number(a) - Number(b));
  if (isNumber !== isOther) return isNumber ? -1 : 1;
  return a < b ? -1 : 1;
}

// The bounds that a comparator stands for: [operator, version]; null: it is none.
function readComparator(text) {
  const found = COMPARATOR.exec(text);
  if (found === null) return null;
  const [, operator = "", ...rest] = found;
  const given = rest.slice(0, 3).map((part) => (/^\d+$/.test(part ?? "") ? Number(part) : null));
  const known = given.includes(null) ? given.indexOf(null) : 3;
  const numbers = given.map((part, place) => (place < known ? part : 0));
  const low = { numbers, pre: known === 3 ? (rest[3]?.split(".") ?? []) : [] };
  // The first version behind all that are alike up to this place.
  const behind = (place) => {
    const next = numbers.map((part, at) => (at < place ? part : at === place ? part + 1 : 0));
    return { numbers: next, pre: ["0"] };
  };
  if (operator === "^") {
    if (known === 0) return [];
    const first = numbers.findIndex((part, at) => part > 0 || at === known - 1);
    return [
      [">=", low],
      ["<", behind(first)],
    ];
  }
  if (operator.startsWith("~")) {
    return known === 0
      ? []
      : [
          [">=", low],
          ["<", behind(Math.min(1, known - 1))],
        ];
  }
  if (known === 3) return [[operator || "=", low]];
  if (operator === "" || operator === "=") {
    return known === 0
      ? []
      : [
          [">=", low],
          ["<", behind(known - 1)],
        ];
  }
  if (known === 0) return operator.endsWith("=") ? [] : [["<", { numbers: [0, 0, 0], pre: ["0"] }]];
  if (operator === ">") return [[">=", behindRelease(behind(known - 1))]];
  if (operator === "<=") return [["<", behind(known - 1)]];
  return [[operator, operator === "<" ? { numbers, pre: ["0"] } : low]];
}

function behindRelease({ numbers }) {
  return { numbers, pre: [] };
}

// All bounds of what stands between two "||"; null: it is no range.
function readBounds(text) {
  const span = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(text);
  const joined = span === null ? text : `>=${span[1]} <=${span[2]}`;
  const words = joined
    .replace(/(>=|<=|>|<|=|~>?|\^)\s+/g, "$1")
    .trim()
    .split(/\s+/);
  const bounds = [];
  for (const word of words) {
    const read = word === "" ? [] : readComparator(word);
    if (read === null) return null;
    bounds.push(...read);
  }
  return bounds;
}

const HOLDS = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  "=": (order) => order === 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function satisfies(version, range) {
  const wanted = readVersion(version);
  if (wanted === null) return false;
  return String(range)
    .split("||")
    .some((part) => {
      const bounds = readBounds(part);
      if (bounds === null) return false;
      if (!bounds.every(([operator, bound]) => HOLDS[operator](compare(wanted, bound))))
        return false;
      // Of what comes before a release only what a range names.
      return wanted.pre.length === 0 || bounds.some(([, bound]) => isOfSame(bound, wanted));
    });
}

function isOfSame({ numbers, pre }, wanted) {
  const isNamed = pre.length > 1 || (pre.length === 1 && pre[0] !== "0");
  return isNamed && numbers.every((part, at) => part === wanted.numbers[at]);
}

function order(a, b) {
  const [first, second] = [readVersion(a), readVersion(b)];
  if (first === null || second === null) {
    throw new Error(`Invalid SemVer: ${first === null ? a : b}`);
  }
  return compare(first, second);
}

const semver = Object.freeze({ order, satisfies });

export { semver };
