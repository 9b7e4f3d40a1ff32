"""Processes of ``manage.py`` that start in half the time, or less: forked from one that has loaded code and done nothing else.

What is forked runs like any other process, with a process id, an environment, output and an end of its own, and can be killed
like any other. ``python -m tests.support.nursery`` reads requests, a line of JSON each, and tells ``started PID`` and
``ended PID STATUS``.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]

# What takes long to import, and reads no environment, makes no thread and no event loop then. Neither websockets (limits in its
# environment) nor daphne (a reactor).
LIBRARIES = (
    *("autobahn.websocket.protocol", "channels_redis.core", "cryptography.x509", "docutils.core"),
    *("django.contrib.admin.options", "django.contrib.postgres.fields", "django.core.management"),
    *("django.test", "httpx", "jsonschema", "jwt", "markdown_it", "psycopg_pool"),
    *("redis.asyncio", "requests", "twisted.internet.tcp"),
)
PROJECT = ("config.asgi", "config.urls")


class Child:
    """A process from a nursery. Like `subprocess.Popen`, as far as tests need it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; the negative number of the signal that ended it.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        if not self._ended.wait(timeout):
            assert timeout is not None
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def has_ended(self, status: int) -> None:
        self.returncode = status
        self._ended.set()


class Nursery:
    """Starts processes. Closed, it starts none; those that it started go on.

    Args:
        environment: if given, the project is loaded in it beforehand, which takes a second once, and what is forked starts in
            a moment. Else only libraries are, and processes may have any environment.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *(["project"] if environment else [])],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._children: dict[int, Child] = {}
        self._started: queue.SimpleQueue[Child] = queue.SimpleQueue()
        self._asking = threading.Lock()
        assert self._process.stdout is not None
        threading.Thread(target=self._listen, args=[self._process.stdout], daemon=True).start()

    def start(
        self,
        arguments: list[str],
        environment: Mapping[str, str],
        *,
        output: Path,
        errors: Path | None = None,
        stdin: Path = Path(os.devnull),
    ) -> Child:
        """Starts ``manage.py`` with arguments; what it prints is added to the files (errors to ``output`` unless told)."""
        request = {
            "arguments": arguments,
            "environment": dict(environment),
            "files": [str(stdin), str(output), str(errors or output)],
        }
        with self._asking:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            return self._started.get(timeout=60)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _listen(self, lines: IO[bytes]) -> None:
        for line in lines:
            word, pid, *status = line.split()
            child = self._children.setdefault(int(pid), Child(int(pid)))
            if word == b"started":
                self._started.put(child)
            else:
                # The number may be another process's soon.
                del self._children[int(pid)]
                child.has_ended(int(status[0]))


def main(loaded: tuple[str, ...]) -> None:
    for name in loaded:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, _tell_who_ended)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        # Nobody may be told of an end before the start.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        pid = os.fork()
        if pid:
            _tell(f"started {pid}")
        else:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        if not pid:
            return _become(**json.loads(line))


def _become(arguments: list[str], environment: dict[str, str], files: list[str]) -> None:
    """``manage.py`` in this process; it ends with the interpreter, as always."""
    ways = (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_APPEND] * 2)
    for number, (file, way) in enumerate(zip(files, ways, strict=True)):
        os.dup2(os.open(file, way, 0o644), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  the old one may have read requests that came since
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["manage.py", *arguments]
    faulthandler.register(signal.SIGUSR1)  # writes into the log what a process does that hangs

    import manage

    manage.main()


def _tell_who_ended(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _tell(f"ended {pid} {os.waitstatus_to_exitcode(status)}")


def _tell(line: str) -> None:
    """At once and whole: a signal may come between the parts of a `print`."""
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    if sys.argv[1:] == ["project"]:
        import django

        django.setup()
        main(PROJECT)
    else:
        main(LIBRARIES)
