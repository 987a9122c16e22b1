"""Finds circles of imports in Rust crates: modules that import each other, where at least one of them has a folder.

A module and the folder of its name are one: what is in a folder may import from its parent, and the parent from it. Tests
may import what they want.
"""

import re

COMMENT = re.compile(r"//.*")
TEST_MODULE = re.compile(r"#\[cfg\((all\()?test\b[^\]]*\]\s*mod \w+ \{.*\Z", re.DOTALL)
USE = re.compile(r"^\s*(?:pub(?:\([^)]*\))? )?use ([^;]+);", re.MULTILINE)
PATH = re.compile(r"\b(?:crate|super)(?:::\w+)+")


def modules(files):
    """`files`: path to text. Gives each crate's modules, by their paths below its root: () is the root itself."""
    crates = {}
    for path, text in files.items():
        crate, found, below = path.rpartition("src/")
        # The first `src/` is that of the crate.
        if path.startswith("src/") or "/src/" in path:
            crate, _, below = ("", "", path[4:]) if path.startswith("src/") else path.partition("/src/")
        elif not found:
            continue
        parts = below.removesuffix(".rs").split("/")
        if "tests" in parts or "bin" in parts:
            continue
        if parts[-1] in ("mod", "lib", "main"):
            parts.pop()
        code = TEST_MODULE.sub("", COMMENT.sub("", text))
        crates.setdefault(crate, {})[tuple(parts)] = code
    return crates


def leaves(tree):
    """The paths of what is between `use` and `;`, and the name that each gets."""
    tree = re.sub(r"\s+", " ", tree.strip())
    head, brace, rest = tree.partition("{")
    if not brace:
        path, _, alias = tree.partition(" as ")
        parts = path.strip().split("::")
        yield parts, alias.strip() or (parts[-2] if parts[-1] == "self" and len(parts) > 1 else parts[-1])
        return
    depth, item = 0, ""
    for character in rest.rpartition("}")[0] + ",":
        if character == "," and depth == 0:
            if item.strip():
                yield from leaves(head + item.strip())
            item = ""
            continue
        depth += {"{": 1, "}": -1}.get(character, 0)
        item += character


class Crate:
    def __init__(self, texts):
        self.texts = texts
        self.known = set(texts)
        # Folders have modules even where no file of their name is left.
        self.folders = {path[:length] for path in texts for length in range(1, len(path))}
        self.imports = {path: list(self.used(path)) for path in texts}

    def used(self, module):
        for use in USE.findall(self.texts[module]):
            for parts, name in leaves(use):
                target = self.absolute(module, parts)
                if target is not None:
                    yield name, target

    def absolute(self, module, parts):
        """A path from the crate's root; None: it leads out of the crate."""
        if parts[0] == "crate":
            return tuple(parts[1:])
        ups = 0
        while ups < len(parts) and parts[ups] == "super":
            ups += 1
        if ups:
            return module[: len(module) - ups] + tuple(parts[ups:]) if ups <= len(module) else None
        if parts[0] == "self":
            return module + tuple(parts[1:])
        return module + tuple(parts) if module + (parts[0],) in self.known else None

    def resolve(self, path, steps=8):
        """The module in which what the path names is."""
        module = ()
        for position, name in enumerate(path):
            if module + (name,) in self.known:
                module += (name,)
                continue
            for alias, target in self.imports.get(module, []):
                if alias == name and steps > 0 and target != path:
                    return self.resolve(target + tuple(path[position + 1 :]), steps - 1)
            break
        return module

    def edges(self):
        """Which module imports which: (folder, one, other) with the names that both have in the folder."""
        for module, text in self.texts.items():
            targets = [target for _, target in self.imports[module]]
            for path in PATH.findall(USE.sub("", text)):
                target = self.absolute(module, path.split("::"))
                if target is not None:
                    targets.append(target)
            for target in targets:
                other = self.resolve(target)
                common = 0
                while common < min(len(module), len(other)) and module[common] == other[common]:
                    common += 1
                if common < len(module) and common < len(other):
                    yield module[:common], module[common], other[common]
                elif not other and module and target and target[0] not in ("", "*"):
                    # Something that stands in the root itself, which imports everybody.
                    yield (), module[0], ""

    def circles(self):
        graphs = {}
        for folder, one, other in self.edges():
            graphs.setdefault(folder, {}).setdefault(one, set()).add(other)
        for name in {path[0] for path in self.known if path}:
            graphs.setdefault((), {}).setdefault("", set()).add(name)
        for folder, graph in sorted(graphs.items()):
            for circle in components(graph):
                if any(name == "" or folder + (name,) in self.folders for name in circle):
                    yield folder, circle


def components(graph):
    """Groups of more than one that reach each other."""

    def reached(start):
        found, left = set(), [start]
        while left:
            for name in graph.get(left.pop(), ()):
                if name not in found:
                    found.add(name)
                    left.append(name)
        return found

    reach = {name: reached(name) for name in graph}
    groups = {frozenset(n for n in reach if n in reach[name] and name in reach[n]) for name in reach}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def faults(files):
    for crate, texts in sorted(modules(files).items()):
        for folder, circle in Crate(texts).circles():
            where = "/".join([part for part in (crate, "src", *folder) if part])
            names = ", ".join(name or "the crate's root" for name in circle)
            yield f"{where}: {names} import each other in a circle; move what closes it to where both can import it"
