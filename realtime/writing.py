"""What clients write into rooms: carried out on database threads, as the user as stored now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from realtime.actor import acting_as
from realtime.auth.credentials import Identity, renewed
from realtime.batching import Batcher
from realtime.db import in_pool
from realtime.errors import Forbidden, Unauthorized
from realtime.receipts import make_once
from realtime.rules import may_hear


@dataclass(frozen=True, slots=True)
class Write:
    """A call of a room's chat, for somebody who must still be allowed in the room: this process may not have heard of a loss."""

    identity: Identity
    topic: str
    method: Callable[..., Any]
    params: dict[str, Any]
    arguments: dict[str, Any]
    once: str | None = None
    """The key of a change that may be sent again (see `receipts`)."""


async def write(asked: Write, *, stored: bool) -> Any:
    """What the method returns.

    ``stored`` is whether the room's kind stores what is written: then each has a transaction, and what it waits for, to itself.

    Raises:
        RealtimeError: the user may not, or the method refuses.
    """
    if not stored:
        return await _relayed.ask(asked)
    (result,) = await in_pool(_carry_out, [asked])
    if isinstance(result, Exception):
        raise result
    return result


def _carry_out(writes: Sequence[Write]) -> list[Any]:
    """What came of each: users are read once for all of them."""
    users = renewed([write.identity for write in writes])
    return [_result(write, now) for write, now in zip(writes, users, strict=True)]


def _result(write: Write, now: Identity | None) -> Any:
    try:
        if now is None:
            raise Unauthorized
        if not may_hear(now.user, write.topic):
            raise Forbidden
        call = partial(write.method, user=now.user, params=write.params, **write.arguments)
        with acting_as(now.user):
            return (
                make_once(write.once, write.topic, now.user, call)
                if write.once is not None
                else call()
            )
    except Exception as error:  # noqa: BLE001  raised for whoever asked
        return error


_relayed: Final[Batcher[Write, Any]] = Batcher(_carry_out, threads=2, most=64)
