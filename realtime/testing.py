"""For the tests of your own apps: what does a change record, and does it tell listeners everything?

A page loads a snapshot and from then on follows events. If an event is missing, or says too little, the page is wrong until it is
loaded anew, and no test of the service or of the view notices. `told_in_full` does: it takes the snapshot, runs your code, applies
the recorded events to the old snapshot as a page would, and requires the new one.

    from realtime.testing import told_in_full

    def reduce(items, event):
        item = event["data"]
        if event["type"] == "item.deleted":
            return [i for i in items if i["id"] != item["id"]]
        return [i for i in items if i["id"] != item["id"]] + [item]

    def test_reserving_an_item_is_told_in_full(item, carol):
        with told_in_full(f"list:{item.list_id}", snapshot=lambda: shown(item.list), apply=reduce) as events:
            reserve(item=item, actor=carol)
        assert [event["type"] for event in events] == ["item.assigned", "item.status_changed"]

`recorded` only collects, for tests of what is told to whom. Both work in ordinary tests, inside the transaction that is rolled back
at the end, on SQLite and on PostgreSQL (a row with a ``seq_field`` that is made and changed in one block wants a test that commits:
PostgreSQL gives numbers at commit). They see events that are stored; what is only relayed to whoever listens is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from difflib import unified_diff
from pprint import pformat
from typing import Any

from django.db import connection
from django.db.models import Max

from realtime.dialects.envelope import envelope
from realtime.jsontext import dump_json, load_json
from realtime.log.reading import events_at
from realtime.models import StoredEvent

Frame = dict[str, Any]
"""An event as clients get it: ``type``, ``room``, ``data``, ``sender``, ``timestamp``, ``id``, ``seq``."""

__all__ = ["Frame", "recorded", "told_in_full"]


@contextmanager
def recorded(*topics: str) -> Iterator[list[Frame]]:
    """Collects the events that are recorded inside, on these topics or, if none is named, on all; oldest first.

    The list is filled when the block ends.
    """
    _number()
    after = _last_position()
    events: list[Frame] = []
    yield events
    _number()
    wanted = StoredEvent.objects.filter(position__gt=after).order_by("position")
    if topics:
        wanted = wanted.filter(topic__in=topics)
    positions = list(wanted.values_list("position", flat=True))
    found = {event.id: event for event in events_at(positions)}
    ids = (str(uid) for uid in wanted.values_list("uid", flat=True))
    events.extend(load_json(envelope(found[uid])) for uid in ids if uid in found)


@contextmanager
def told_in_full(
    *topics: str, snapshot: Callable[[], Any], apply: Callable[[Any, Frame], Any]
) -> Iterator[list[Frame]]:
    """Requires that whoever has the snapshot and hears these topics knows, after the block, what a new snapshot would say.

    ``snapshot()`` is what a page loads, with JSON types (dates and UUIDs are fine), read from the database each time.
    ``apply(state, event)`` is what the page does with an event: it returns the new state, and may change the one that it is given.
    Yields the events, as `recorded` does.

    Raises:
        AssertionError: the events lead elsewhere (the text shows the difference), leave out a number, or nothing happened at
            all, so that the test would prove nothing.
    """
    _number()
    before = _as_a_client_gets_it(snapshot())
    with recorded(*topics) as events:
        yield events
    after = _as_a_client_gets_it(snapshot())
    assert events or before != after, "nothing was recorded, and the snapshot is the same"
    _require_no_gap(events)
    state = deepcopy(before)
    for event in events:
        state = apply(state, deepcopy(event))
    state = _as_a_client_gets_it(state)
    assert state == after, _difference(state, after, events)


def _as_a_client_gets_it(value: Any) -> Any:
    return load_json(dump_json(value))


def _last_position() -> int:
    return StoredEvent.objects.aggregate(last=Max("position"))["last"] or 0


def _number() -> None:
    """PostgreSQL numbers at commit, which a test inside a transaction never reaches."""
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        names = "realtime_number_event, realtime_number_access"
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS {names} IMMEDIATE")
            cursor.execute(f"SET CONSTRAINTS {names} DEFERRED")


def _require_no_gap(events: list[Frame]) -> None:
    last: dict[str, int] = {}
    for event in events:
        room, seq = event["room"], event["seq"]
        assert seq == last.get(room, seq - 1) + 1, f"{room} goes from {last[room]} to {seq}"
        last[room] = seq


def _difference(state: Any, after: Any, events: list[Frame]) -> str:
    lines = unified_diff(
        pformat(state, width=100).splitlines(),
        pformat(after, width=100).splitlines(),
        "the old snapshot with the events applied",
        "the new snapshot",
        lineterm="",
    )
    told = ", ".join(event["type"] for event in events) or "none"
    return "\n".join(["the events don't tell all that changed", *lines, f"events: {told}"])
