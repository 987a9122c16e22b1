"""What was measured, as JSON and as Markdown tables.

Owns the samples and their medians. Never measures.
"""

import datetime
import json
import os
import pathlib
import platform
import shlex
import statistics
import sys


class Samples:
    """Every sample by contestant and key; a key is a number of connections, or pipeline, start, idle."""

    def __init__(self, names):
        self.names = names
        self.by_name = {name: {} for name in names}

    def add(self, name, key, sample):
        self.by_name[name].setdefault(key, []).append(sample)

    def median(self, name, key, figure):
        samples = self.by_name[name].get(key)
        return statistics.median(sample[figure] for sample in samples) if samples else None

    def ratio(self, name, other, key, figure):
        """The median over the rounds of one contestant's figure over another's in the same round."""
        pairs = zip(self.by_name[name][key], self.by_name[other][key])
        return statistics.median(mine[figure] / theirs[figure] for mine, theirs in pairs if theirs[figure])

    def keys(self):
        return list(self.by_name[self.names[0]])


def facts(arguments, chosen):
    """What a reader must know to judge the figures."""
    return {
        "date": datetime.date.today().isoformat(),
        "command": "benches/compare/run " + shlex.join(sys.argv[1:]),
        "work": arguments.work,
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release(),
        "load_average": os.getloadavg()[0],
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "depth": arguments.depth,
        "idle_connections": arguments.idle,
        "versions": {contestant.name: contestant.version for contestant in chosen},
    }


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def as_json(facts, samples):
    medians = {
        name: {key: {figure: samples.median(name, key, figure) for figure in values[0]}
               for key, values in keys.items()}
        for name, keys in samples.by_name.items()
    }
    return json.dumps({"facts": facts, "medians": medians, "samples": samples.by_name}, indent=1) + "\n"


def as_markdown(facts, samples):
    connections = [key for key in samples.keys() if key.isdigit()]
    blocks = [heading(facts)]
    if connections:
        blocks.append(load_table(samples, connections))
        if len(samples.names) > 1:
            blocks.append(ratio_table(samples, connections))
    others = [key for key in samples.keys() if not key.isdigit()]
    if others:
        blocks.append(other_table(facts, samples, others))
    errors = error_lines(samples)
    if errors:
        blocks.append(errors)
    return "\n\n".join(blocks) + "\n"


def heading(facts):
    versions = ", ".join(f"{name} {version}".strip() for name, version in facts["versions"].items())
    return (
        f"Work: {facts['work']}. {versions}. {facts['processor']}, Linux {facts['kernel']}; server and wrk on one core "
        f"each; medians of {facts['rounds']} alternating rounds of {facts['seconds']} s; {facts['date']}.")


def load_table(samples, connections):
    titles = [f"{key} connections" for key in connections]
    rows = ["| CPU µs a request (user), requests/s, p99 | " + " | ".join(titles) + " | RSS |",
            "|---|" + "---|" * (len(connections) + 1)]
    for name in samples.names:
        cells = [load_cell(samples, name, key) for key in connections]
        rss = samples.median(name, connections[0], "rss_bytes") / 2**20
        rows.append(f"| {name} | " + " | ".join(cells) + f" | {rss:.0f} MiB |")
    return "\n".join(rows)


def load_cell(samples, name, key):
    cpu, user, rate, p99 = (samples.median(name, key, figure)
                            for figure in ("cpu_us", "user_us", "requests_per_second", "p99_ms"))
    return f"{cpu:.2f} ({user:.2f}), {rate / 1000:.0f} k/s, {p99:.1f} ms"


def ratio_table(samples, connections):
    """The first contestant beside the others, round by round, which noise disturbs least."""
    first, *others = samples.names
    figures = [(key, "cpu_us", f"CPU, {key} connections") for key in connections]
    if "pipeline" in samples.keys():
        figures.append(("pipeline", "requests_per_second", "requests/s, pipelined"))
    titles = [title for _, _, title in figures]
    rows = [f"| {first} is × of | " + " | ".join(titles) + " |", "|---|" + "---|" * len(titles)]
    for other in others:
        ratios = [samples.ratio(first, other, key, figure) for key, figure, _ in figures]
        rows.append(f"| {other} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |")
    return "\n".join(rows)


def other_table(facts, samples, keys):
    titles = {
        "pipeline": f"{facts['depth']} requests a write",
        "start": "start to first answer",
        "idle": f"an idle connection ({facts['idle_connections']:,})",
    }
    rows = ["| | " + " | ".join(titles[key] for key in keys) + " |", "|---|" + "---|" * len(keys)]
    for name in samples.names:
        rows.append(f"| {name} | " + " | ".join(other_cell(samples, name, key) for key in keys) + " |")
    return "\n".join(rows)


def other_cell(samples, name, key):
    if key == "pipeline":
        rate, cpu = (samples.median(name, key, figure) for figure in ("requests_per_second", "cpu_us"))
        return f"{rate / 1000:,.0f} k/s, {cpu:.2f} µs"
    if key == "start":
        milliseconds, rss = (samples.median(name, key, figure) for figure in ("ms", "rss_bytes"))
        return f"{milliseconds:.1f} ms, {rss / 2**20:.0f} MiB"
    return f"{samples.median(name, key, 'bytes') / 1024:.1f} KiB"


def error_lines(samples):
    """Says what went wrong: a contestant that answers errors must not look fast."""
    lines = []
    for name in samples.names:
        for key, values in samples.by_name[name].items():
            errors = sum(sample.get("errors", 0) for sample in values)
            if errors:
                lines.append(f"{name}, {key}: {errors} errors")
    return "\n".join(lines)
