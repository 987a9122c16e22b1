"""A contestant that serves, pinned to one core: its start, its CPU time, its memory, its end.

Owns the process. Never makes load; load.py does.
"""

import os
import resource
import signal
import socket
import subprocess
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
START_SECONDS_MAX = 20
OPEN_FILES = 20_000


class Server:
    """Use as a context manager; answers requests once entered."""

    def __init__(self, contestant, core, work):
        self.contestant = contestant
        self.core = core
        self.work = work
        self.start_ms = None

    def __enter__(self):
        self.port = free_port()
        command = ["taskset", "--cpu-list", str(self.core), *self.contestant.command_line(self.port)]
        environment = dict(os.environ, PORT=str(self.port), WORK=self.work, NO_COLOR="1")
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            start_new_session=True, preexec_fn=allow_open_files)
        try:
            self.await_answer()
        except BaseException:
            self.stop()
            raise
        self.start_ms = (time.perf_counter() - begin) * 1000
        return self

    def __exit__(self, *_):
        self.stop()

    def await_answer(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.contestant.name} ended with code {self.process.returncode}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                    ask(connection, self.port)
                    return
            except (ConnectionRefusedError, ConnectionResetError):
                time.sleep(0.0002)
        raise SystemExit(f"{self.contestant.name} did not answer within {START_SECONDS_MAX} s")

    def stop(self):
        """Ends the process group that was started here, and nothing else."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def cpu_seconds(self):
        """User and system time of the process and its children so far."""
        user = system = 0
        for pid in tree(self.process.pid):
            fields = stat_fields(pid)
            user += int(fields[11])
            system += int(fields[12])
        return user / TICKS_PER_SECOND, system / TICKS_PER_SECOND

    def rss_bytes(self):
        """Resident memory of the process and its children."""
        total = 0
        for pid in tree(self.process.pid):
            with open(f"/proc/{pid}/statm") as file:
                total += int(file.read().split()[1]) * resource.getpagesize()
        return total


def ask(connection, port):
    """One request over an open connection; returns after some bytes of its answer."""
    connection.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    answer = connection.recv(65536)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise ConnectionResetError(f"no 200 but {answer[:40]!r}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def allow_open_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard), hard))


def tree(root):
    """The process and everything that descends from it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                children.setdefault(int(stat_fields(name)[1]), []).append(int(name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    pids, next_pids = [], [root]
    while next_pids:
        pid = next_pids.pop()
        pids.append(pid)
        next_pids += children.get(pid, [])
    return pids


def stat_fields(pid):
    """The fields of /proc/PID/stat behind the command name: state, parent, and so on."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()
