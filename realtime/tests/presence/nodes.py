"""Starting and driving `node` processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import IO, Any, TypeVar

R = TypeVar("R")


def eventually(look: Callable[[], R], within: float = 5.0) -> R:
    """What ``look`` returns as soon as it is true; fails after ``within`` seconds."""
    ends = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < ends, f"not so within {within} s"
        time.sleep(0.01)
    return found


class Nursery:
    """Starts nodes: see `nursery`."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.nursery", str(number)],
                pass_fds=[number],
            )

    def start(self, environment: Mapping[str, str]) -> tuple[int, IO[str], IO[str]]:
        """A node's process id, and its input and output."""
        for_it, to_it = os.pipe()
        from_it, by_it = os.pipe()
        request = json.dumps(dict(environment)).encode()
        socket.send_fds(self._requests, [request], [for_it, by_it])
        for number in (for_it, by_it):
            os.close(number)
        pid = int(self._requests.recv(100))
        return pid, os.fdopen(to_it, "w"), os.fdopen(from_it)


@cache
def nursery() -> Nursery:
    """That of this test process. It ends when this one does: nobody asks any more."""
    return Nursery()


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
        self._pid, self._input, self._output = nursery().start(
            {**environment, "NODE_REALTIME": json.dumps(realtime)}
        )
        self._ended = threading.Event()
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
        self._input.write(json.dumps({"id": number, "do": do, "arguments": arguments}) + "\n")
        self._input.flush()
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
        self._send(signal.SIGKILL)
        assert self._ended.wait(10), "the node did not end"

    def freeze(self) -> None:
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def end(self) -> None:
        if not self._ended.is_set():
            self.kill()
        self._input.close()
        self._output.close()

    def _send(self, number: signal.Signals) -> None:
        os.kill(self._pid, number)

    def _read(self) -> None:
        for text in self._output:
            line = json.loads(text)
            with self._changed:
                if "news" in line:
                    self.news.append((line["news"], line["user"], line["topic"]))
                elif "ready" in line:
                    self._ready = True
                else:
                    self._answers[line["id"]] = line["answer"]
                self._changed.notify_all()
        self._ended.set()
