// What a run of tests prints: the forms `spec` and `tap` of Node's runner.
//
// Events come in the order in which tests were made, each with the nesting of its test. Never decides what passed. Called
// by: run.js.

import { core } from "ext:core/mod.js";

const MARKS = {
  pass: "\u2714",
  fail: "\u2716",
  skip: "\ufe63",
  todo: "\u25fb",
  note: "\u2139",
  group: "\u25b6",
};
const COLORS = { pass: 32, fail: 31, skip: 90, todo: 34, note: 34, group: 34 };

function print(text) {
  core.print(text, false);
}

function reporter(settings) {
  return settings.reporter === "tap" ? new Tap() : new Spec(settings.results !== null);
}

function hasColors() {
  const forced = Deno.env.get("FORCE_COLOR");
  if (forced !== undefined) return forced !== "0";
  return !Deno.noColor && Deno.stdout.isTerminal();
}

// An error as it is printed, without the frames of the runtime.
function errorText(error, colors = false) {
  let text;
  try {
    text = Deno.inspect(error, { colors, depth: 5 });
  } catch {
    text = "an error that cannot be printed";
  }
  const kept = [];
  for (const line of text.split("\n")) {
    if (!/^\s*at .*\bext:/.test(line)) kept.push(line);
    // Behind the last frame stands what the error has besides.
    else if (line.endsWith(" {")) kept.push(`${kept.pop()} {`);
  }
  return kept.join("\n");
}

function indented(text, indent) {
  return text.replace(/^(?=.)/gm, indent);
}

function milliseconds(duration) {
  return Number(duration.toFixed(3));
}

function directive({ skip, todo }) {
  const [word, reason] = skip !== undefined ? ["skip", skip] : ["todo", todo];
  if (reason === undefined) return "";
  return ` # ${word.toUpperCase()}${reason === "" ? "" : ` ${reason}`}`;
}

const SUMMARY = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"];

// For people.
class Spec {
  // Tests that were begun and have printed nothing: their names stand above the results of their subtests.
  #begun = [];
  #colors = hasColors();
  #isPart;

  // `isPart`: the numbers of this file are printed elsewhere, with those of others.
  constructor(isPart) {
    this.#isPart = isPart;
  }

  #mark(kind) {
    return this.#colors ? `\u001b[${COLORS[kind]}m${MARKS[kind]}\u001b[39m` : MARKS[kind];
  }

  begin() {}

  start(event) {
    this.#begun.push(event);
  }

  plan() {}

  result(event) {
    if (this.#begun.at(-1)?.test === event.test) this.#begun.pop();
    for (const { nesting, name } of this.#begun) {
      print(`${"  ".repeat(nesting)}${this.#mark("group")} ${name}\n`);
    }
    this.#begun = [];
    const { error, duration, name, nesting } = event;
    const indent = "  ".repeat(nesting);
    const kind =
      event.skip !== undefined
        ? "skip"
        : event.todo !== undefined
          ? "todo"
          : event.passed
            ? "pass"
            : "fail";
    const said = directive(event);
    print(`${indent}${this.#mark(kind)} ${name} (${milliseconds(duration)}ms)${said}\n`);
    if (!event.passed && !event.isOfSubtests) {
      print(`${indented(errorText(error, this.#colors), `${indent}  `)}\n\n`);
    }
  }

  diagnostic({ nesting, message }) {
    print(`${"  ".repeat(nesting)}${this.#mark("note")} ${message}\n`);
  }

  end(counts, failures) {
    if (this.#isPart) return;
    for (const name of SUMMARY) print(`${this.#mark("note")} ${name} ${counts[name]}\n`);
    print(`${this.#mark("note")} duration_ms ${milliseconds(counts.duration)}\n`);
    if (failures.length > 0) print(`\n${this.#mark("fail")} failing tests:\n`);
    for (const { name, location, text } of failures) {
      const place = location === null ? "" : `test at ${location}\n`;
      print(`\n${place}${this.#mark("fail")} ${name}\n${indented(text, "  ")}\n`);
    }
  }
}

// For programs: the Test Anything Protocol, version 13, with subtests indented.
class Tap {
  begin() {
    print("TAP version 13\n");
  }

  start({ nesting, name }) {
    print(`${"    ".repeat(nesting)}# Subtest: ${escaped(name)}\n`);
  }

  plan({ nesting, count }) {
    print(`${"    ".repeat(nesting)}1..${count}\n`);
  }

  result(event) {
    const { error, location, name, nesting, number, passed } = event;
    const lines = [
      `${passed ? "ok" : "not ok"} ${number} - ${escaped(name)}${directive(event)}`,
      "  ---",
    ];
    lines.push(`  duration_ms: ${milliseconds(event.duration)}`, `  type: '${event.kind}'`);
    if (!passed) {
      if (location !== null) lines.push(`  location: '${location.replaceAll("'", "''")}'`);
      lines.push("  error: |-", indented(errorText(error), "    "));
    }
    lines.push("  ...");
    print(`${indented(lines.join("\n"), "    ".repeat(nesting))}\n`);
  }

  diagnostic({ nesting, message }) {
    print(`${"    ".repeat(nesting)}# ${escaped(message)}\n`);
  }

  end(counts) {
    for (const name of SUMMARY) print(`# ${name} ${counts[name]}\n`);
    print(`# duration_ms ${milliseconds(counts.duration)}\n`);
  }
}

function escaped(text) {
  return String(text)
    .replaceAll("\\", "\\\\")
    .replaceAll("#", "\\#")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
}

export { errorText, reporter };
