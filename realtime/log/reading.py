"""Reading the log: heads, events after a number, what moved since the last look."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import msgspec
from django.db import connection
from django.db.models import Max
from uuid_utils.compat import uuid7

from realtime.events import Event, utc_text
from realtime.models import LogEpoch, StoredEvent, TopicHead

_FIELDS = (
    "topic",
    "seq",
    "access",
    "uid",
    "type",
    "version",
    "data",
    "entity_id",
    "actor_id",
    "sender",
    "created_at",
)
_AT_ON_POSTGRESQL = (
    f"SELECT {', '.join(_FIELDS)} FROM realtime_storedevent"
    " WHERE position = ANY(%s) AND seq IS NOT NULL ORDER BY topic, seq"
)
"""Run once for each transaction that records something; for the ORM to write it takes longer than to run it."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a topic stands: the last number, and the one up to which events are pruned."""

    seq: int
    floor: int


@dataclass(frozen=True, slots=True)
class Movement:
    """What a sweep found: heads that moved, and the mark to give to the next sweep."""

    seqs: dict[str, int]
    mark: int


def epoch() -> str:
    """Which life of the log this is; made when first asked for."""
    row, _ = LogEpoch.objects.get_or_create(pk=1, defaults={"value": str(uuid7())})
    return row.value


def heads(topics: Iterable[str]) -> dict[str, Head]:
    """The heads of topics; one that has no event yet stands at 0."""
    names = list(topics)
    rows = TopicHead.objects.filter(topic__in=names).values_list("topic", "seq", "floor")
    found = {topic: Head(seq, floor) for topic, seq, floor in rows}
    return {name: found.get(name, Head(0, 0)) for name in names}


def events_after(topic: str, seq: int, limit: int = 500) -> list[Event]:
    """Up to ``limit`` events of a topic with higher numbers, oldest first."""
    rows = StoredEvent.objects.filter(topic=topic, seq__gt=seq).order_by("seq")
    return [_event(row) for row in rows.values_list(*_FIELDS)[:limit]]


def events_between(topic: str, first: int, last: int) -> list[Event]:
    """A topic's events with numbers from ``first`` to ``last``, oldest first."""
    rows = StoredEvent.objects.filter(topic=topic, seq__range=(first, last)).order_by("seq")
    return [_event(row) for row in rows.values_list(*_FIELDS)]


def events_before(
    topic: str, seq: int, limit: int, types: Collection[str] | None = None
) -> list[Event]:
    """Up to ``limit`` events of a topic with lower numbers, oldest first; of ``types`` only, where some are given."""
    rows = StoredEvent.objects.filter(topic=topic, seq__lt=seq).order_by("-seq")
    if types is not None:
        rows = rows.filter(type__in=types)
    return [_event(row) for row in reversed(rows.values_list(*_FIELDS)[:limit])]


def events_at(positions: list[int]) -> list[Event]:
    """The committed events at these positions of the log, by topic and number."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_AT_ON_POSTGRESQL, [positions])
            return [_event(row) for row in cursor.fetchall()]
    rows = StoredEvent.objects.filter(position__in=positions, seq__isnull=False)
    return [_event(row) for row in rows.order_by("topic", "seq").values_list(*_FIELDS)]


def current_mark() -> int:
    """The mark of now: what moves from here on is found by `moved_since`."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            return int(cursor.fetchone()[0])
    return TopicHead.objects.aggregate(last=Max("moved"))["last"] or 0


def moved_since(
    mark: int,
    among: Callable[[], Collection[str]] | None = None,
    *,
    starting: tuple[str, ...] = ("",),
) -> Movement:
    """Heads that moved at or after ``mark``, in one indexed query.

    Those of all topics, unless ``among`` names the ones of interest, or ``starting`` says how they begin.

    On PostgreSQL ``moved`` is a transaction id and the next mark is the oldest transaction still running, so that one which
    commits late is never passed over; heads may be reported twice. While somebody's transaction stays open, that is all that has
    moved since it began, so that a caller who looks again and again names the topics. ``among`` is asked when the next mark is
    taken: of a topic that isn't named then, heads that are read from then on are not older than the mark.

    On SQLite ``moved`` is a counter under the one write lock.
    """
    if connection.vendor == "postgresql":
        return _moved_starting(mark, starting) if among is None else _moved_among(mark, among)
    rows = list(TopicHead.objects.filter(moved__gt=mark).values_list("topic", "seq", "moved"))
    return Movement(
        {topic: seq for topic, seq, _ in rows if topic.startswith(starting)},
        max((moved for *_, moved in rows), default=mark),
    )


def _moved_starting(mark: int, starting: tuple[str, ...]) -> Movement:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.xmin, h.topic, h.seq"
            " FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin) s"
            " LEFT JOIN realtime_topichead h ON h.moved >= %s AND h.topic ^@ ANY(%s)",
            [mark, list(starting)],
        )
        rows = cursor.fetchall()
    return Movement({topic: seq for _, topic, seq in rows if topic is not None}, rows[0][0])


def _moved_among(mark: int, among: Callable[[], Collection[str]]) -> Movement:
    next_mark = current_mark()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT topic, seq FROM realtime_topichead WHERE moved >= %s AND topic = ANY(%s)",
            [mark, list(among())],
        )
        return Movement(dict(cursor.fetchall()), next_mark)


def _event(row: tuple) -> Event:  # type: ignore[type-arg]  # the columns of _FIELDS
    topic, seq, access, uid, type_, version, data, entity_id, actor_id, sender, created_at = row
    return Event(
        topic=topic,
        type=type_,
        data=msgspec.Raw(data.encode()),
        timestamp=utc_text(created_at),
        id=str(uid),
        seq=seq,
        sender=sender,
        actor_id=actor_id,
        entity_id=entity_id,
        version=version,
        access=access,
    )
