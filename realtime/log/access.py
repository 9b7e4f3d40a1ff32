"""Numbered changes of access: what makes a revocation ordered against events.

A change is a row with a number, given in commit order. Every event carries the number of the last change that was
committed when it was recorded. A hub that meets an event with a number it doesn't know settles the changes first, so that
nothing recorded after a loss reaches the one who lost, whatever became of the hint about it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Max

from realtime.models import AccessChange
from realtime.publisher import publish_access_change


@dataclass(frozen=True, slots=True)
class Change:
    """A change: its number and its scope, one of those of `record_access_change`."""

    number: int
    scope: str


def record_access_change(*scopes: str) -> None:
    """Says, in the running transaction, that access within these scopes may have changed.

    ``topic:ticket:0190…`` re-asks the subscribers of that topic, ``kind:list`` those of all topics of a kind, ``user:7``
    re-checks that user's sockets and all they hear, ``login:<sid>`` closes the sockets of a login that has ended, ``close:<user id>`` those of a
    user who is to be disconnected, ``socket:<connection id>`` one of them.
    """
    with transaction.atomic(savepoint=False):
        rows = AccessChange.objects.bulk_create([AccessChange(scope=scope) for scope in scopes])
        if connection.vendor != "postgresql":
            _number_at_once(rows)
        transaction.on_commit(publish_access_change)


def _number_at_once(rows: list[AccessChange]) -> None:
    """SQLite has one writer, so the next number is free for whoever holds the write lock."""
    for row in rows:
        row.number = last_access_change() + 1
        row.save(update_fields=["number"])


def last_access_change() -> int:
    """The number of the last committed change; 0 before the first."""
    return AccessChange.objects.aggregate(last=Max("number"))["last"] or 0


def access_changes_after(number: int) -> list[Change]:
    """The changes with a higher number, in order."""
    rows = AccessChange.objects.filter(number__gt=number).order_by("number")
    return [Change(n, scope) for n, scope in rows.values_list("number", "scope") if n is not None]
