"""Boards: a value that changes with the data, computed once for all processes and told to whoever listens.

A board is a topic whose events are its successive values, so that a newcomer is given the last one from the log. It is computed
only while somebody listens: every ``every`` seconds, and about a second after an event on one of the topics it watches.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from realtime.db import in_pool
from realtime.registry import Authorize, event, registry, topic

if TYPE_CHECKING:
    from realtime.hub import Hub
    from realtime.models import Board

logger = logging.getLogger("realtime.boards")

_LOOK_EVERY = 0.7
"""Seconds between looks at what moved: a change is on the board within twice this."""


@dataclass(frozen=True, slots=True)
class BoardKind:
    """A declaration made by `board`."""

    name: str
    type: str
    compute: Callable[[], Any]
    watches: tuple[str, ...]
    every: float


def board(
    name: str,
    *,
    type: str,
    compute: Callable[[], Any],
    authorize: Authorize,
    watches: Sequence[str] = (),
    every: float = 30,
    alias: str | None = None,
    schema: Any = None,
) -> BoardKind:
    """Declares a board on the topic ``name``, whose values are events of ``type``.

    ``compute()`` returns the value, JSON types, the same for all who may hear it; it runs on a database thread. ``watches`` are
    beginnings of topics: an event there is a reason to compute anew. ``every`` is in seconds.
    """
    topic(name, authorize=authorize, members=False, bridged=False)
    event(type, schema=schema, alias=alias, summary="The value of a board, as it is now.")
    declared = BoardKind(name, type, compute, tuple(watches), every)
    registry.boards[name] = declared
    return declared


async def keep_boards(hub: Hub) -> None:
    """Keeps the boards that somebody of this process listens to up to date, for ever."""
    looked: dict[str, int] = {}
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        for kind in registry.boards.values():
            if not _is_heard(hub, kind.name):
                continue
            try:
                looked[kind.name] = await in_pool(_look, kind, looked.get(kind.name, 0))
            except Exception:
                logger.exception("the board %s could not be computed; trying again", kind.name)


def _is_heard(hub: Hub, name: str) -> bool:
    feed = hub.feeds.get(name)
    return feed is not None and feed.is_heard()


def _look(kind: BoardKind, looked: int) -> int:
    """Computes the board if the log moved since its last value, or if that is older than ``every`` seconds.

    ``looked`` is the log's mark up to which this process knows that nothing has moved; returns the new one.
    """
    from realtime.log.reading import moved_since
    from realtime.models import Board

    row, _ = Board.objects.get_or_create(name=kind.name)
    movement = moved_since(max(row.mark, looked), starting=kind.watches)
    watched, seen = movement.seqs, row.seen or {}
    is_old = row.computed_at <= time.time() - kind.every
    if is_old or any(seq > seen.get(name, 0) for name, seq in watched.items()):
        _compute(kind, row, movement.mark, watched)
        return looked
    return movement.mark


def _compute(kind: BoardKind, row: Board, mark: int, seen: dict[str, int]) -> None:
    """Computes and records the value of what has been found: in one process of all, the one that moves the row on."""
    from realtime.log.record import record
    from realtime.models import Board

    with transaction.atomic():
        known = Board.objects.filter(pk=row.pk, mark=row.mark, computed_at=row.computed_at)
        if known.update(mark=mark, seen=seen, computed_at=time.time()):
            record(kind.name, kind.type, kind.compute())
