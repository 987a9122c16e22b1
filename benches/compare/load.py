"""The load: wrk, pinned to another core than the server, and connections that stay idle.

Owns what is asked of a server and what is read off it. Never starts a server.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time

from server import ask

SCRIPT = pathlib.Path(__file__).resolve().parent / "wrk.lua"


def drive(server, core, connections, seconds, depth=1):
    """Keeps `connections` busy for some seconds; gives CPU time per request and what wrk saw."""
    environment = dict(os.environ, WORK=server.work, DEPTH=str(depth))
    command = [
        "taskset", "--cpu-list", str(core), "wrk", "--threads", "1", "--connections", str(connections),
        "--duration", f"{seconds}s", "--timeout", "10s", "--script", str(SCRIPT),
        f"http://127.0.0.1:{server.port}/",
    ]
    user_before, system_before = server.cpu_seconds()
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    user_after, system_after = server.cpu_seconds()
    result = json.loads(output.split("RESULT ", 1)[1].splitlines()[0])
    requests = max(result["requests"], 1)
    user, system = user_after - user_before, system_after - system_before
    return {
        "cpu_us": (user + system) * 1e6 / requests,
        "user_us": user * 1e6 / requests,
        "requests_per_second": result["requests"] * 1e6 / result["microseconds"],
        "p50_ms": result["p50_us"] / 1000,
        "p99_ms": result["p99_us"] / 1000,
        "errors": result["errors"],
        "rss_bytes": server.rss_bytes(),
    }


def idle_bytes_per_connection(server, connections):
    """How much a server's resident memory grows with each keep-alive connection that asked once."""
    with contextlib.ExitStack() as stack:
        # What the first connections cost is not what an idle one costs.
        open_connections(stack, server.port, min(100, connections))
        time.sleep(1)
        before = server.rss_bytes()
        open_connections(stack, server.port, connections)
        time.sleep(1)
        return (server.rss_bytes() - before) / connections


def open_connections(stack, port, count):
    for number in range(count):
        # A loopback address has 28,000 ports to connect from; several of them do not run out.
        source = (f"127.0.0.{2 + number % 8}", 0)
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10, source))
        ask(connection, port)
