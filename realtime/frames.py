"""Frames made once for many sockets: what a server sends is not masked, so that all get the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

EXTENSION = "realtime.frames"
"""In a scope's ``extensions``, where the server takes frames ready made: a `WriteFrames`."""

WriteFrames = Callable[[bytes], bool]
"""Writes whole frames at once. False, with nothing written, where it can't now: then ASGI's ``send`` is the way, which waits."""


def text_message(text: str) -> dict[str, Any]:
    """The ASGI message of a text frame; the same one may go to many sockets."""
    return {"type": "websocket.send", "text": text}


def text_frame(message: dict[str, Any]) -> bytes:
    """The text frame of a message (RFC 6455, section 5.2), made once for all sockets that the message goes to."""
    frame: bytes | None = message.get("frame")
    if frame is None:
        body = message["text"].encode()
        size = len(body)
        if size < 126:
            head = bytes((0x81, size))
        elif size < 65_536:
            head = b"\x81\x7e" + size.to_bytes(2, "big")
        else:
            head = b"\x81\x7f" + size.to_bytes(8, "big")
        frame = message["frame"] = head + body
    return frame


class Bundle:
    """Texts that go to many sockets one after the other: one write for each socket, where the server can."""

    __slots__ = ("_frames", "messages")

    def __init__(self, texts: Sequence[str]) -> None:
        self.messages = [text_message(text) for text in texts]
        self._frames: bytes | None = None

    @property
    def frames(self) -> bytes:
        """All of them, framed."""
        if self._frames is None:
            self._frames = b"".join([text_frame(message) for message in self.messages])
        return self._frames
