"""The rooms of the measurements: one kind that is relayed, one that is stored."""

from __future__ import annotations

from typing import Any

import realtime


class Echo:
    """A chat that tells what it is sent, through the log or past it (as the topic's kind says)."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def send(
        self, *, user: Any, params: Any, content: str, client_id: str | None, fields: Any
    ) -> realtime.Receipt:
        realtime.record(f"{self._kind}:{params['name']}", "message.new", {"content": content})
        return realtime.Receipt(None, None)


def _anybody(user: Any, name: str) -> bool:
    return True


realtime.topic("relayed:<slug:name>", authorize=_anybody, chat=Echo("relayed"), stored=False)
realtime.topic("stored:<slug:name>", authorize=_anybody, chat=Echo("stored"))
