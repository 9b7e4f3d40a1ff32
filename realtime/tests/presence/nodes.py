"""Starting and driving `node` processes."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.support.nursery import nursery

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
        for_it, to_it = os.pipe()
        from_it, by_it = os.pipe()
        self._process = nursery().start(
            ["-m", "realtime.tests.presence.node"],
            {**os.environ, **environment, "NODE_REALTIME": json.dumps(realtime)},
            stdin=for_it,
            stdout=by_it,
            stderr=2,
        )
        for number in (for_it, by_it):
            os.close(number)
        self._input, self._output = os.fdopen(to_it, "w"), os.fdopen(from_it)
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
        self._process.kill()
        assert self._ended.wait(10), "the node did not end"

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        if not self._ended.is_set():
            self.kill()
        self._input.close()
        self._output.close()

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
