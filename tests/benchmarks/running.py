"""Starts contestants on core 0, the load on core 1, and brings back what the load measured. Nothing is left behind."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import jwt

from tests.benchmarks.contestants import Contestant
from tests.benchmarks.profiling import profiled
from tests.support.ports import free_port, wait_until
from tests.support.postgresql import scratch_database
from tests.support.redis_server import RedisServer
from tests.support.server import ROOT

KEY = "a key for measurements, and for nothing else"
SERVER_CORE, CLIENT_CORE = 0, 1
_PRIORITY = -10
"""Before what else runs on the machine, where the system lets us."""
_ONE_USER = "from django.contrib.auth.models import User; User.objects.create_user('speaker')"


class Failed(Exception):
    """The load ended with an error, which is the text."""


class Laboratory:
    """A Redis of its own and a migrated database to copy for each run."""

    def __init__(self, profiles: Path | None = None) -> None:
        self._profiles = profiles
        """The folder for profiles of the servers, where they are wanted."""
        self._redis = RedisServer()
        self._folder = Path(tempfile.mkdtemp(prefix="livedesk-bench-"))
        self._template = self._folder / "template"

    def __enter__(self) -> Laboratory:
        _prefer()
        self._redis.start()
        self._template.mkdir()
        prepare(self.environment(self._template))
        return self

    def __exit__(self, *_: object) -> None:
        self._redis.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def redis_url(self) -> str:
        return self._redis.url

    def shell(self, code: str) -> str:
        """What Python code prints that runs with Django set up, on fresh data in SQLite."""
        with ExitStack() as stack:
            data = Path(tempfile.mkdtemp(dir=self._folder))
            stack.callback(shutil.rmtree, data, ignore_errors=True)
            shutil.copytree(self._template, data, dirs_exist_ok=True)
            return _manage(self.environment(data), "shell", "-v", "0", "-c", code)

    def environment(self, data: Path) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("WS_", "WEBSOCKET_"))}
        inherited.pop("DATABASE_URL", None)
        return {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
            "DATA_DIR": str(data),
            "REDIS_URL": self._redis.url,
            "JWT_SECRET_KEY": KEY,
            "LOG_LEVEL": "ERROR",
        }

    def measure(
        self, contestant: Contestant, order: dict[str, Any], *, servers: int = 1, fill: str = ""
    ) -> dict[str, Any]:
        """One run: fresh data (``fill`` is Python that adds to them), ``servers`` processes, the load's result.

        Raises:
            Failed: the server didn't start, or the load ended with an error.
        """
        with ExitStack() as stack:
            data = Path(tempfile.mkdtemp(dir=self._folder))
            stack.callback(shutil.rmtree, data, ignore_errors=True)
            environment = {**self.environment(data), **dict(contestant.environment)}
            if contestant.postgresql:
                environment["DATABASE_URL"] = stack.enter_context(scratch_database())
                prepare(environment)
            else:
                shutil.copytree(self._template, data, dirs_exist_ok=True)
            if fill:
                _manage(environment, "shell", "-v", "0", "-c", fill)
            started = [
                stack.enter_context(_running(contestant, environment, number))
                for number in range(servers)
            ]
            full = {
                **contestant.order(),
                **order,
                "ports": [port for port, _ in started],
                "pids": [pid for _, pid in started],
            }
            if self._profiles is not None:
                samples = self._profiles / f"{contestant.name}-{full['kind']}.txt"
                stack.enter_context(profiled(started[0][1], samples))
            return _load(full)


def prepare(environment: dict[str, str]) -> None:
    """Migrates and creates the one user who connects."""
    _manage(environment, "migrate", "-v", "0")
    _manage(environment, "shell", "-v", "0", "-c", _ONE_USER)


def _manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(done.stderr[-2000:])
    return done.stdout


def _load(order: dict[str, Any]) -> dict[str, Any]:
    speech = order["speech"]
    speech["path"] = speech["path"].replace("TOKEN", _token())
    command = [sys.executable, "-m", "tests.benchmarks.load", json.dumps(order)]
    done = subprocess.run(
        [*_pinned(CLIENT_CORE), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        raise Failed(done.stderr[-2000:])
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@contextmanager
def _running(
    contestant: Contestant, environment: dict[str, str], number: int
) -> Iterator[tuple[int, int]]:
    """A server process; its port and pid."""
    port = free_port()
    command = [part.replace("PORT", str(port)) for part in contestant.command]
    # Two processes go on two cores; then the load shares one with the second.
    core = SERVER_CORE if number == 0 else CLIENT_CORE
    process = subprocess.Popen(
        [*_pinned(core), *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if os.environ.get("BENCH_DEBUG") else subprocess.DEVNULL,
        preexec_fn=_raise_file_limit,
    )
    try:
        wait_until(lambda: _listens(port, process), seconds=60, what=f"start of {contestant.name}")
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _prefer() -> None:
    """This process and those that it starts run before others."""
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)


def _raise_file_limit() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise Failed(f"the server ended with {process.returncode}")
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _token() -> str:
    now = int(time.time())
    claims = {
        "sub": "1",
        "iat": now,
        "exp": now + 3600,
        "jti": os.urandom(8).hex(),
        "iss": "livedesk",
        "aud": "livedesk",
        "token_type": "access",
    }
    return jwt.encode(claims, KEY, "HS256")


def _pinned(core: int) -> list[str]:
    """A command prefix that keeps a process on one core, where the machine has two and the tool."""
    has_cores = (os.cpu_count() or 1) > 1 and shutil.which("taskset")
    return ["taskset", "-c", str(core)] if has_cores else []
