"""One connection's conversation, without I/O: frames in, answers and commands out. Time is given, never asked for."""

from __future__ import annotations

from collections import deque
from sys import getsizeof
from typing import TYPE_CHECKING, Any

import msgspec

from realtime.commands import Command, Ping
from realtime.errors import (
    CloseCode,
    InvalidField,
    InvalidFrame,
    RateLimited,
    RealtimeError,
    TooLarge,
)
from realtime.jsontext import unusable_object
from realtime.monitoring.metrics import metrics

if TYPE_CHECKING:
    from realtime.conf import Config
    from realtime.dialects.base import Dialect

_MALFORMED_IN_A_ROW = 20
_DROPPED_FRAMES = 200
_DROPPED_WITHIN = 10.0
_MOST_VALUES = 65_536
"""Commas and brackets of a frame. More would take the event loop's time to read; a message of as many characters has no more."""
_BYTES_OF_A_VALUE = 100
_decode = msgspec.json.Decoder().decode


class Reply(msgspec.Struct, frozen=True):
    """Send this text."""

    text: str


class Close(msgspec.Struct, frozen=True):
    """Close with this code, after what was sent before."""

    code: int


class Do(msgspec.Struct, frozen=True):
    """Carry out this command."""

    command: Command
    weight: int = 0
    """About how many bytes it takes until then."""


Output = Reply | Close | Do


class Bucket:
    """A token bucket: ``rate`` a second on average, ``burst`` at once. Time in seconds, from any fixed point."""

    __slots__ = ("_burst", "_rate", "_tokens", "_updated")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst, self._tokens, self._updated = rate, burst, burst, now

    def take(self, now: float) -> bool:
        self._tokens = min(self._burst, self._tokens + (now - self._updated) * self._rate)
        self._updated = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class _Unusable(InvalidField):
    """A JSON object with a text or number that nothing here can hold; ``frame`` is the rest of it."""

    text = "The frame has half a character or a number that is too large."

    def __init__(self, frame: dict[str, Any]) -> None:
        super().__init__()
        self.frame = frame


class Session:
    """Limits and parsing of one connection.

    ``receive`` takes a frame and says what to do. The dialect knows the words; what a command does to the world is the
    business of `operations`.
    """

    __slots__ = (
        "_bucket",
        "_dropped",
        "_malformed",
        "_max_size",
        "_told_rate_limited",
        "dialect",
        "last_frame_at",
    )

    def __init__(self, dialect: Dialect, limits: Config, now: float) -> None:
        self.dialect = dialect
        self.last_frame_at: float | None = None
        """When the client last sent a frame; None while it never has."""
        self._max_size = limits.message_max_size
        self._bucket = Bucket(limits.messages_per_second, limits.messages_burst, now)
        self._dropped: deque[float] | None = None
        self._malformed = 0
        self._told_rate_limited = float("-inf")

    def receive(self, frame: str | bytes, now: float) -> list[Output]:
        """What to do about one frame (text, or the bytes of a binary one)."""
        self.last_frame_at = now
        if self._is_too_large(frame):
            metrics.frames_dropped["too_large"] += 1
            return [Reply(self.dialect.error(TooLarge())), Close(CloseCode.TOO_LARGE)]
        if not self._bucket.take(now):
            return self._drop(now)
        values = _values_in(frame)
        if values > _MOST_VALUES:
            return self._unread_frame(frame)
        try:
            content = self._parse(frame)
        except InvalidFrame as error:
            return self._malformed_frame(error)
        except _Unusable as error:
            self._malformed = 0
            return [Reply(self.dialect.error(error, error.frame))]
        self._malformed = 0
        try:
            command = self.dialect.parse(content)
        except RealtimeError as error:
            return [Reply(self.dialect.error(error, content))]
        if command is None:
            return []
        if isinstance(command, Ping):
            return [Reply(self.dialect.pong(command))]
        return [Do(command, getsizeof(frame) + _BYTES_OF_A_VALUE * values)]

    def is_idle(self, now: float, timeout: float) -> bool:
        """Whether a client that has sent frames before has sent none for ``timeout`` seconds."""
        return self.last_frame_at is not None and now - self.last_frame_at > timeout

    def _is_too_large(self, frame: str | bytes) -> bool:
        if len(frame) > self._max_size:
            return True
        return (
            isinstance(frame, str)
            and len(frame) * 4 > self._max_size
            and len(frame.encode(errors="surrogatepass")) > self._max_size
        )

    def _parse(self, frame: str | bytes) -> dict[str, Any]:
        if isinstance(frame, bytes):
            raise InvalidFrame("Frames must be text.")
        try:
            content = _decode(frame)
        except msgspec.DecodeError as error:
            if (found := unusable_object(frame)) is not None:
                raise _Unusable(found) from None
            raise InvalidFrame(f"This is not JSON: {error}") from None
        except (RecursionError, UnicodeError) as error:
            raise InvalidFrame(f"This is not JSON: {error}") from None
        if not isinstance(content, dict):
            raise InvalidFrame
        return content

    def _unread_frame(self, frame: str | bytes) -> list[Output]:
        """One of too many values; where it is no object anyway, that is what is wrong with it."""
        if frame.lstrip()[:1] != "{":
            return self._malformed_frame(InvalidFrame())
        metrics.frames_dropped["too_large"] += 1
        return [Reply(self.dialect.error(TooLarge("The frame has too many values.")))]

    def _malformed_frame(self, error: InvalidFrame) -> list[Output]:
        metrics.frames_dropped["malformed"] += 1
        self._malformed += 1
        outputs: list[Output] = [Reply(self.dialect.error(error))]
        if self._malformed >= _MALFORMED_IN_A_ROW:
            outputs.append(Close(CloseCode.MALFORMED))
        return outputs

    def _drop(self, now: float) -> list[Output]:
        """A frame over the limit: told at most once a second; 200 within 10 s end the connection."""
        metrics.frames_dropped["rate_limited"] += 1
        if self._dropped is None:
            self._dropped = deque()
        dropped = self._dropped
        dropped.append(now)
        while dropped[0] < now - _DROPPED_WITHIN:
            dropped.popleft()
        outputs: list[Output] = []
        if now - self._told_rate_limited >= 1:
            self._told_rate_limited = now
            outputs.append(Reply(self.dialect.error(RateLimited())))
        if len(dropped) >= _DROPPED_FRAMES:
            outputs.append(Close(CloseCode.TOO_MANY))
        return outputs


def _values_in(frame: str | bytes) -> int:
    """At most how many values a text has: one that is two characters long, ``{}``, takes forty times as much once it is read."""
    if isinstance(frame, bytes):
        return 0
    return frame.count(",") + frame.count("[") + frame.count("{")
