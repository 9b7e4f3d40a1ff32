"""Starting and driving `node` processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R")


def eventually(look: Callable[[], R], within: float = 5.0) -> R:
    """What ``look`` returns as soon as it is true; fails after ``within`` seconds."""
    ends = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < ends, f"not so within {within} s"
        time.sleep(0.01)
    return found


class Node:
    """A process with a registry. Calls wait for its answer; news are in ``news``: (kind, user, topic)."""

    def __init__(self, environment: dict[str, str], *, lease: float, grace: float) -> None:
        realtime = {
            "lease_seconds": lease,
            "presence_grace": grace,
            "sweep_interval": 0.2,
            "redis_url": environment.get("REDIS_URL", ""),
        }
        self.news: list[tuple[str, str, str]] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "realtime.tests.presence.node"],
            env={**os.environ, **environment, "NODE_REALTIME": json.dumps(realtime)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answers: dict[int, Any] = {}
        self._asked = 0
        self._changed = threading.Condition()
        self._ready = False
        threading.Thread(target=self._read, daemon=True).start()

    def wait_until_ready(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._ready, 20), "the node did not start"

    def ask(self, do: str, **arguments: Any) -> int:
        """Sends a command; `answer` waits for its result."""
        with self._changed:
            self._asked += 1
            number = self._asked
        assert self._process.stdin is not None
        self._process.stdin.write(
            json.dumps({"id": number, "do": do, "arguments": arguments}) + "\n"
        )
        self._process.stdin.flush()
        return number

    def answer(self, number: int, within: float = 10.0) -> Any:
        with self._changed:
            assert self._changed.wait_for(lambda: number in self._answers, within), "no answer"
            return self._answers.pop(number)

    def call(self, do: str, **arguments: Any) -> Any:
        return self.answer(self.ask(do, **arguments))

    def open(self, connection: str, user: str, limit: int = 5) -> Any:
        """True when the user came online by it; "too many" when it was refused."""
        return self.call("open", connection_id=connection, user_id=user, limit=limit)

    def close(self, connection: str) -> None:
        self.call("close", connection_id=connection)

    def join(self, connection: str, topic: str) -> bool:
        return bool(self.call("join", connection_id=connection, topic=topic))

    def leave(self, connection: str, topic: str) -> bool:
        return bool(self.call("leave", connection_id=connection, topic=topic))

    def wait_for_news(self, *news: str, within: float = 5.0) -> None:
        eventually(lambda: news in self.news, within)

    def kill(self) -> None:
        """As ``kill -9`` does."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)

    def end(self) -> None:
        if self._process.poll() is None:
            self.thaw()
            self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            line = json.loads(text)
            with self._changed:
                if "news" in line:
                    self.news.append((line["news"], line["user"], line["topic"]))
                elif "ready" in line:
                    self._ready = True
                else:
                    self._answers[line["id"]] = line["answer"]
                self._changed.notify_all()
