"""What clients write into rooms: carried out on database threads, as the user as stored now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from realtime.actor import acting_as
from realtime.auth.credentials import Identity
from realtime.batching import Batcher
from realtime.db import in_pool
from realtime.errors import Forbidden
from realtime.receipts import make_once
from realtime.rules import answer_each, may_hear

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


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
    """What came of each."""
    return answer_each(writes, _result)


def _result(write: Write, user: AbstractBaseUser) -> Any:
    if not may_hear(user, write.topic):
        raise Forbidden
    call = partial(write.method, user=user, params=write.params, **write.arguments)
    with acting_as(user):
        return call() if write.once is None else make_once(write.once, write.topic, user, call)


_relayed: Final[Batcher[Write, Any]] = Batcher(_carry_out, threads=2, most=64)
