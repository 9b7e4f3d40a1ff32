"""Withdrawing: what an event said and must not say any more is taken out of the log, in the transaction that takes it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from realtime.jsontext import dump_json, load_json
from realtime.models import StoredEvent, StoredReceipt

Change = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Makes of an event's data what it says from now on."""

_AT_ONCE = 200
"""Places looked for in one query: SQLite takes no deeper condition than 1,000."""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What becomes of a topic's events about one row."""

    topic: str
    entity_id: str
    change: Change
    since: int | None = None
    """The number of the first of them, where it is known: a long log isn't read from its beginning then."""

    def places(self) -> list[Q]:
        """Where they are."""
        here = Q(topic=self.topic, entity_id=self.entity_id)
        if self.since is None:
            return [here]
        # What this transaction has recorded has no number yet on PostgreSQL. Two conditions, so that each finds its index.
        return [here & Q(seq__gte=self.since), here & Q(seq=None)]


def withdrawing(topic: str, *, entity_id: str, values: Mapping[str, Any]) -> Rewriting:
    """Has a topic's events about one row say of these keys from now on what ``values`` say.

    Numbers, ids, times and all other keys stay. A key that an event doesn't have isn't added.
    """
    now_said = load_json(dump_json(values))
    return Rewriting(
        topic, entity_id, lambda data: {key: now_said.get(key, old) for key, old in data.items()}
    )


def rewrite(rewritings: Sequence[Rewriting], *, types: Collection[str]) -> None:
    """Has events of these types say what their rewritings make of them, a few queries for any number.

    Servers drop what they have in memory of a topic when an event follows whose type ``withdraws`` (see `realtime.event`).
    """
    for start in range(0, len(rewritings), _AT_ONCE):
        _rewrite(rewritings[start : start + _AT_ONCE], types)


def rewrite_receipts(rewritings: Sequence[Rewriting]) -> None:
    """Has receipts of changes (see `receipts`) say what their rewritings make of them."""
    for start in range(0, len(rewritings), _AT_ONCE):
        some = rewritings[start : start + _AT_ONCE]
        places = (Q(topic=each.topic, entity_id=each.entity_id) for each in some)
        rows = StoredReceipt.objects.filter(Q(*places, _connector=Q.OR))
        _rewrite_rows(rows, some)


def _rewrite(rewritings: Sequence[Rewriting], types: Collection[str]) -> None:
    places = Q(*(place for each in rewritings for place in each.places()), _connector=Q.OR)
    _rewrite_rows(StoredEvent.objects.filter(places, type__in=types), rewritings)


def _rewrite_rows(rows: QuerySet[Any], rewritings: Sequence[Rewriting]) -> None:
    changes: dict[tuple[str, str | None], list[Change]] = defaultdict(list)
    for each in rewritings:
        changes[each.topic, each.entity_id].append(each.change)
    rewritten = []
    for row in rows.only("pk", "topic", "entity_id", "data"):
        said = current = load_json(row.data)
        if not isinstance(said, dict):
            continue
        for change in changes[row.topic, row.entity_id]:
            current = change(current)
        if current != said:
            row.data = dump_json(current).decode()
            rewritten.append(row)
    rows.model._default_manager.bulk_update(rewritten, ["data"], batch_size=200)
