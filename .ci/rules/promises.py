"""Promised numbers: each names the test that keeps it, or the command that makes it, and stands once."""

import pathlib
import re

LIMITS = "docs/limits.md"
README = "README.md"

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
OPTION = re.compile(r"`(--[a-z-]+)`")
TEST = re.compile(r"^[a-z0-9-]+(::[a-z0-9_]+)+$")
COMMAND = re.compile(r"^(howth bench [a-z]+|cargo bench\b.*|(scripts|benches|\.ci)/[\w-]+(?![\w.-]))")
# A number with what was measured, in minutes, bytes or as a part of another.
FIGURE = re.compile(r"\d\s*(minutes|s\b|ms\b|µs\b|[KMG]iB\b|%|times\b)|\|\s*\d+\.\d+\s*\||×")


def tests_of(text):
    """Names of the functions and modules of a file that are tests, or are made tests by a list."""
    names = set(re.findall(r"#\[test\]\s*(?:#\[[^\]]*\]\s*)*fn (\w+)", text))
    names |= set(re.findall(r"^mod (\w+) \{.*?#\[test\]", text, re.MULTILINE | re.DOTALL))
    for inside in re.findall(r"on_both_engines!\[(.*?)\]", text, re.DOTALL):
        names |= set(re.findall(r"\w+", inside))
    return names & set(re.findall(r"\b(?:fn|mod) (\w+)", text))


def conformance_cases(files):
    """Cases that are run: those in the list of `engine_cases!`, by group, and in that by the places where they run."""
    lists = [f"crates/engine-conformance/src/{name}.rs" for name in ("cases", "cases_of_clients")]
    text = "".join(files.get(path, "") for path in lists)
    cases = set()
    for group, places in re.findall(r"^\s+(\w+) \{\n((?:\s+\w+ \{\n(?:\s+\w+\n)+\s*\}\n)+)\s*\}", text, re.MULTILINE):
        cases |= {(group, case) for case in re.findall(r"^\s+(\w+)$", places, re.MULTILINE)}
    return cases


def is_there(name, files):
    """Whether a test of this name is: `behaviour::group::name`, `conformance::group::name`, `crate::part::name`."""
    place, *parts, test = name.split("::")
    if place == "conformance":
        group = f"crates/engine-conformance/src/{'/'.join(parts)}.rs"
        is_case = re.search(rf"\bpub fn {test}\(", files.get(group, ""))
        return bool(is_case) and ("::".join(parts), test) in conformance_cases(files)
    folder = "tests/behaviour/" if place == "behaviour" else f"crates/{place}/"
    for path, text in files.items():
        known = pathlib.PurePosixPath(path.removesuffix(".rs")).parts
        if path.startswith(folder) and path.endswith(".rs") and all(part in known for part in parts):
            if test in tests_of(text):
                return True
    return False


def is_command(command, files):
    if command.startswith("howth bench "):
        return f"src/cli/bench/{command.split()[2]}.rs" in files
    if command.startswith("cargo bench"):
        bench = re.search(r"--bench (\w+)", command)
        return not bench or f"benches/{bench[1]}.rs" in files
    return command.split()[0] in files


def keepers(text, files):
    """The tests and commands that a text names."""
    for word in CODE.findall(text):
        if TEST.match(word):
            yield word, is_there(word, files)
        elif command := COMMAND.match(word):
            yield word, is_command(command[0], files)


def rows_of(text):
    """Rows of the tables whose last column is `kept by`."""
    is_kept = False
    for line in text.splitlines():
        if not line.startswith("|"):
            is_kept = False
        elif line.rstrip("| ").endswith("kept by"):
            is_kept = True
        elif is_kept and not re.match(r"^\|[-|: ]+$", line):
            yield [cell.strip() for cell in line.strip().strip("|").split("|")]


def limits(files):
    text = files.get(LIMITS, "")
    for line in text.splitlines():
        if re.match(r"^\| (bound|deadline) \|", line) and not line.rstrip("| ").endswith("kept by"):
            yield f"{LIMITS}: the table of {line.split('|')[1].strip()}s has no column `kept by`"
    for cells in rows_of(text):
        if not any(TEST.match(word) for word in CODE.findall(cells[-1])):
            yield f"{LIMITS}: no test is named that keeps: {cells[0]}"
    for word, exists in keepers(text, files):
        if not exists:
            yield f"{LIMITS}: there is no test {word}"


def stand_once(files):
    options = {option for cells in rows_of(files.get(LIMITS, "")) for option in OPTION.findall(cells[2])}
    for path, text in sorted(files.items()):
        if not path.endswith(".md") or path in (LIMITS, "CHANGELOG.md"):
            continue
        for line in FENCE.sub("", text).splitlines():
            again = options & set(OPTION.findall(line)) if line.startswith("|") else set()
            if again and re.search(r"\d", OPTION.sub("", line)):
                yield f"{path}: the bound of {', '.join(sorted(again))} stands in {LIMITS}; link to it"


def figures(files):
    """A paragraph or table of README.md with a figure names what makes it, or the one before it or behind it does."""
    text = FENCE.sub("", files.get(README, ""))
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    found = [list(keepers(block, files)) for block in blocks]
    for number, block in enumerate(blocks):
        for word, exists in found[number]:
            if not exists:
                yield f"{README}: there is no {word}"
        is_table = block.startswith("|")
        named = found[number] or (is_table and (found[number - 1] or found[number + 1 : number + 2]))
        if FIGURE.search(re.sub(r"\]\([^)]*\)", "]", CODE.sub("", block))) and not named:
            yield f"{README}: name the command that makes the figures, or the test that keeps them, in: {block[:60]!r}"


def faults(files):
    yield from limits(files)
    yield from stand_once(files)
    yield from figures(files)


def test():
    sound = {
        "tests/behaviour/limits.rs": "on_both_engines![\n    heads,\n    gone,\n];\nfn heads(engine: Engine) {}\nfn helper() {}\n",
        "crates/engine-conformance/src/bodies.rs": "pub fn reads(start: Start) {}\npub fn is_not_run(start: Start) {}\n",
        "crates/engine-conformance/src/cases.rs": "        bodies {\n            memory {\n                reads\n            }\n        }\n",
        "crates/http1/tests/bounds.rs": "#[test]\nfn exact() {}\nfn helper() {}\n",
        "src/cli/bench/compare.rs": "",
        "benches/engine.rs": "",
    }
    head = "| bound | default | option | beyond it | kept by |\n|---|---|---|---|---|\n"
    row = "| head | 32 KiB | `--max-head` | 431 | {} |\n"
    cases = [
        (LIMITS, head + row.format("`behaviour::limits::heads`, `conformance::bodies::reads`"), 0),
        (LIMITS, head + row.format("`http1::bounds::exact`"), 0),
        (LIMITS, head + row.format("nobody"), 1),
        (LIMITS, head + row.format("`behaviour::limits::gone`"), 1),
        (LIMITS, head + row.format("`behaviour::limits::helper`"), 1),
        (LIMITS, head + row.format("`behaviour::other::heads`"), 1),
        (LIMITS, head + row.format("`conformance::bodies::is_not_run`"), 1),
        (LIMITS, head + row.format("`http1::bounds::helper`"), 1),
        (LIMITS, "| bound | default | option | beyond it |\n", 1),
        (README, "A request takes 3 µs.\n", 1),
        (README, "A request takes 3 µs (`howth bench compare`).\n", 0),
        (README, "A request takes 3 µs (`howth bench gone`).\n", 1),
        (README, "As `cargo bench --bench engine` says:\n\n| 0.69 |\n", 0),
        (README, "As `cargo bench --bench gone` says:\n\n| 0.69 |\n", 1),
        (README, "Howth is version 3 and serves on port 3000.\n", 0),
    ]
    for path, text, expected in cases:
        found = list(faults({**sound, path: text}))
        assert len(found) == expected, (path, text, found)
    limits_said = head + row.format("`http1::bounds::exact`")
    for text, expected in [("| head | 32 KiB | `--max-head` |\n", 1), ("| head | `--max-head` says |\n", 0)]:
        found = list(stand_once({**sound, LIMITS: limits_said, "docs/other.md": text}))
        assert len(found) == expected, (text, found)
