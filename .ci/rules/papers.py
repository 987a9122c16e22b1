"""Documents: how long the first one may be, and that every path and every link leads to something."""

import fnmatch
import pathlib
import re

ARCHITECTURE = "ARCHITECTURE.md"
ARCHITECTURE_BYTES_MAX = 15 * 1024
DECISIONS = "docs/decisions"

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"^[\w.*-]+(/[\w.*-]+)*/?$")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def size(files):
    length = len(files.get(ARCHITECTURE, "").encode())
    if length > ARCHITECTURE_BYTES_MAX:
        yield (
            f"{ARCHITECTURE}: {length} bytes are more than {ARCHITECTURE_BYTES_MAX}; it is there to be read, "
            "tell the rest in docs/internals"
        )


def folders_of(names):
    return {str(folder) for name in names for folder in pathlib.PurePosixPath(name).parents} - {"."}


def names_paths(document):
    """History may name what is gone: CHANGELOG.md, decisions, measurements."""
    return document == ARCHITECTURE or re.match(r"^docs/(internals/)?[^/]+\.md$", document)


def exists(path, names, folders):
    """From the root, or the end of a path, as the documents shorten them: `engine/send.rs`."""
    path = path.rstrip("/")
    known = [*names, *folders]
    return any(fnmatch.fnmatchcase(name, path) or fnmatch.fnmatchcase(name, "*/" + path) for name in known)


def is_own(path, document, roots):
    """Whether a word is a path of this repository, and not one of a user's program."""
    is_for_developers = document == ARCHITECTURE or document.startswith("docs/internals/")
    is_folder = path.endswith("/") and is_for_developers
    return path.endswith(".rs") or is_folder or ("/" in path and path.split("/")[0] in roots)


def paths(files, names):
    folders = folders_of(names)
    roots = {name.split("/")[0] for name in names if "/" in name}
    for document, text in sorted(files.items()):
        if not document.endswith(".md") or not names_paths(document):
            continue
        for word in CODE.findall(FENCE.sub("", text)):
            path = word.replace("/…", "/")
            if PATH.match(path) and is_own(path, document, roots) and not exists(path, names, folders):
                yield f"{document}: {word} is not there any more; name what has taken its place"


def links(files, names):
    known = {*names, *folders_of(names)}
    for document, text in sorted(files.items()):
        if not document.endswith(".md"):
            continue
        for target in LINK.findall(FENCE.sub("", text)):
            target = target.split("#")[0]
            if not target or re.match(r"^[a-z]+:", target):
                continue
            parts = []
            for part in (pathlib.PurePosixPath(document).parent / target).parts:
                if part == "..":
                    parts.pop()
                else:
                    parts.append(part)
            if "/".join(parts) not in known:
                yield f"{document}: the link to {target} leads nowhere"


def decisions(files):
    """Each has a page with its date, and the list leads to it."""
    listing = files.get(f"{DECISIONS}/README.md", "")
    for document, text in sorted(files.items()):
        name = document.removeprefix(f"{DECISIONS}/")
        if name == document or not re.match(r"^\d{3}-", name):
            continue
        if not re.search(r"^Decided: \d{4}-\d{2}-\d{2}", text, re.MULTILINE):
            yield f"{document}: say when it was decided: `Decided: YEAR-MONTH-DAY`"
        if f"({name})" not in listing:
            yield f"{DECISIONS}/README.md: {name} is not listed"


def faults(files, names):
    yield from size(files)
    yield from decisions(files)
    yield from paths(files, names)
    yield from links(files, names)


def test():
    names = ["ARCHITECTURE.md", "crates/http1/src/limits.rs", "crates/http1/tests/bounds.rs", "docs/limits.md", "src/cli/mod.rs"]
    cases = [
        (ARCHITECTURE, "`http1/src/limits.rs`, `limits.rs`, `src/cli/`, `crates/*/tests`", 0),
        (ARCHITECTURE, "`http1/src/gone.rs`", 1),
        (ARCHITECTURE, "`crates/gone`", 1),
        (ARCHITECTURE, "`gone/`", 1),
        (ARCHITECTURE, "x" * ARCHITECTURE_BYTES_MAX, 0),
        (ARCHITECTURE, "x" * (ARCHITECTURE_BYTES_MAX + 1), 1),
        (ARCHITECTURE, "```\n`gone.rs`\n```\n", 0),
        ("docs/limits.md", "`gone.rs`", 1),
        ("docs/limits.md", "`app/page.ts`, `text/plain`, `/users/`, `page/`", 0),
        ("CHANGELOG.md", "`gone.rs`", 0),
        ("docs/limits.md", "[a](../ARCHITECTURE.md#top), [b](https://example.org/), [c](#here)", 0),
        ("docs/limits.md", "[a](ARCHITECTURE.md)", 1),
    ]
    listing = "[a](001-a.md)"
    for page, expected in [("001-a.md", 0), ("002-b.md", 1)]:
        pages = {f"{DECISIONS}/README.md": listing, f"{DECISIONS}/{page}": "Decided: 2026-11-29\n"}
        assert len(list(decisions(pages))) == expected, page
    assert len(list(decisions({f"{DECISIONS}/README.md": listing, f"{DECISIONS}/001-a.md": "Decided\n"}))) == 1
    for document, text, expected in cases:
        found = list(faults({document: text}, names))
        assert len(found) == expected, (document, text, found)
