"""Python processes that start in half the time, or less: forked from one that has loaded code and done nothing else.

What is forked runs like any other process, with a process id, an environment, input, output and an end of its own, and can be
killed like any other. ``python -m tests.support.nursery`` gets requests on the socket that is its input, JSON with the three
standard files, and tells ``started PID`` and ``ended PID STATUS``.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import queue
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

ROOT = Path(__file__).resolve().parents[2]

# What takes long to import, and reads no environment, makes no thread and no event loop then. Neither websockets (limits in its
# environment) nor daphne.server (a reactor).
LIBRARIES = (
    *("autobahn.websocket.protocol", "channels_redis.core", "channels_redis.pubsub"),
    *("cryptography.x509", "django.contrib.admin.options", "django.contrib.postgres.fields"),
    *("django.core.management", "django.db.backends.sqlite3.base", "django.test", "docutils.core"),
    *("httpx", "jinja2", "jsonschema", "jwt", "markdown_it", "psycopg_pool", "redis.asyncio"),
    *("requests", "twisted.internet.tcp"),
)
# Not `config.asgi`, which looks at the static files that there are.
PROJECT = ("config.urls",)

File = int | IO[bytes]
_MESSAGE_BYTES = 100_000


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
    """Starts processes. When it is closed, all end that it started.

    Args:
        environment: if given, the project is loaded in it beforehand, which takes as long as one start, and what is forked
            starts in a moment. Else only libraries are, and processes may have any environment.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process: subprocess.Popen[bytes] | Child
        with theirs:
            if environment is None:
                command = [sys.executable, "-m", __name__]
                self._process = subprocess.Popen(command, cwd=ROOT, stdin=theirs)
            else:
                self._process = nursery().start(
                    ["-m", __name__, "project"], environment, stdin=theirs.fileno(), stdout=2
                )
        self._children: dict[int, Child] = {}
        self._started: queue.SimpleQueue[Child] = queue.SimpleQueue()
        self._asking = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def start(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdin: File | None = None,
        stdout: File,
        stderr: File | None = None,
    ) -> Child:
        """Starts a script, or a module after ``-m``, with arguments. Its errors go where its output does, unless told."""
        request = json.dumps([list(command), dict(environment)]).encode()
        with open(os.devnull, "rb") as nothing, self._asking:
            files = (
                nothing if stdin is None else stdin,
                stdout,
                stdout if stderr is None else stderr,
            )
            numbers = [file if isinstance(file, int) else file.fileno() for file in files]
            socket.send_fds(self._requests, [request], numbers)
            return self._started.get(timeout=60)

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Like `start`, and waits for the end; what it printed is kept apart from its errors.

        Raises:
            subprocess.TimeoutExpired: it took five minutes.
        """
        with TemporaryFile() as given, TemporaryFile() as output, TemporaryFile() as errors:
            given.write(stdin.encode())
            given.seek(0)
            child = self.start(command, environment, stdin=given, stdout=output, stderr=errors)
            try:
                status = child.wait(300)
            finally:
                child.kill()
            output.seek(0)
            errors.seek(0)
            texts = output.read().decode(), errors.read().decode()
            return subprocess.CompletedProcess(command, status, *texts)

    def close(self) -> None:
        for child in list(self._children.values()):
            child.kill()
            child.wait()  # it is the nursery that tells of the end
        self._process.kill()
        self._process.wait()

    def _listen(self) -> None:
        while line := self._requests.recv(_MESSAGE_BYTES):
            word, pid, *status = line.split()
            child = self._children.setdefault(int(pid), Child(int(pid)))
            if word == b"started":
                self._started.put(child)
            else:
                # The number may be another process's soon.
                del self._children[int(pid)]
                child.has_ended(int(status[0]))


@cache
def nursery() -> Nursery:
    """Where the processes of a test process come from. It ends when that does: nobody asks any more."""
    return Nursery()


def main(requests: socket.socket, loaded: Sequence[str]) -> None:
    for name in loaded:
        importlib.import_module(name)
    gc.freeze()  # whoever looks through it for garbage has a copy of his own
    signal.signal(signal.SIGCHLD, lambda *_: _tell_who_ended(requests))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        request, files, _, _ = socket.recv_fds(requests, _MESSAGE_BYTES, 3)
        if not request:
            return
        # Nobody may be told of an end before the start.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        pid = os.fork()
        if pid:
            requests.send(f"started {pid}".encode())
        else:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        if not pid:
            requests.close()
            return _become(*json.loads(request), files)
        for file in files:
            os.close(file)


def _become(command: list[str], environment: dict[str, str], files: list[int]) -> None:
    """Runs the command in this process; it ends with the interpreter, as always."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    faulthandler.register(signal.SIGUSR1)  # writes into the log what a process does that hangs
    if command[0] == "-m":
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = command
        runpy.run_path(command[0], run_name="__main__")


def _tell_who_ended(requests: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError, BrokenPipeError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            requests.send(f"ended {pid} {os.waitstatus_to_exitcode(status)}".encode())


if __name__ == "__main__":
    if sys.argv[1:] == ["project"]:
        import django

        django.setup()
    main(socket.socket(fileno=0), PROJECT if sys.argv[1:] else LIBRARIES)
