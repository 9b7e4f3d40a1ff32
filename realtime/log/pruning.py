"""Retention: the oldest events go, by age and by number, while servers serve.

A topic is shortened from its beginning, and its floor moves in the same transaction as its rows go: a client that wants what
lies below is told to load anew, and never gets a part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from realtime.log.access import last_access_change
from realtime.models import (
    AccessChange,
    HookDelivery,
    Publication,
    StoredEvent,
    StoredReceipt,
    TopicHead,
)
from realtime.registry import registry

LEAST_DAYS_OF_KEYS = 1
"""A service that tries again a day later is still told that it has published, a client what it has changed."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted."""

    topics: int
    events: int
    access_changes: int
    deliveries: int
    publications: int
    receipts: int

    def __str__(self) -> str:
        return (
            f"{self.events} events of {self.topics} topics, {self.access_changes} access changes,"
            f" {self.deliveries} webhook deliveries, {self.publications} idempotency keys,"
            f" {self.receipts} receipts"
        )


def prune_events(*, days: float, keep: int, batch: int = 1_000) -> Pruned:
    """Deletes events older than ``days``, and of each topic all but the last ``keep``. By age also access changes, deliveries
    that were made or given up, and idempotency keys, these after a day at the soonest; receipts of changes go after a day.

    The last value of a board stays, since newcomers begin with it. Each ``batch`` of rows is a transaction of its own, and
    between two of them as much time passes as the first took, so that writers get their turn on SQLite, too.
    """
    before = timezone.now() - timedelta(days=days)
    topics = events = 0
    for topic, last in _excess(before, keep).items():
        deleted = sum(_shorten(topic, last, batch))
        topics, events = topics + bool(deleted), events + deleted
    deliveries = sum(_delete(_done_deliveries(before), batch))
    publications = sum(_delete(_old_publications(before), batch))
    receipts = sum(_delete(_old_receipts(), batch))
    return Pruned(topics, events, _prune_access_changes(before), deliveries, publications, receipts)


@contextmanager
def _giving_way() -> Iterator[None]:
    """Waits afterwards for as long as it took."""
    began = monotonic()
    yield
    sleep(monotonic() - began)


def _excess(before: datetime, keep: int) -> dict[str, int]:
    """The last number that is to go, of each topic that is too long or has events that are too old."""
    long = TopicHead.objects.filter(seq__gt=F("floor") + keep).values_list("topic", "seq")
    last = {topic: seq - keep for topic, seq in long}
    old = StoredEvent.objects.filter(created_at__lt=before, seq__isnull=False).order_by()
    for topic, seq in old.values_list("topic").annotate(last=Max("seq")):
        last[topic] = max(seq, last.get(topic, 0))
    for name in last.keys() & registry.boards.keys():
        last[name] = min(last[name], TopicHead.objects.get(topic=name).seq - 1)
    return last


def _shorten(topic: str, last: int, batch: int) -> Iterator[int]:
    """Deletes a topic's events up to ``last``, oldest first; yields how many each transaction deleted."""
    floor = TopicHead.objects.get(topic=topic).floor
    while floor < last:
        floor = min(floor + batch, last)
        with _giving_way(), transaction.atomic():
            # The head is locked last, and for a moment only: writers wait for nothing else.
            deleted, _ = StoredEvent.objects.filter(topic=topic, seq__lte=floor).delete()
            TopicHead.objects.filter(topic=topic, floor__lt=floor).update(floor=floor)
        yield deleted


def _prune_access_changes(before: datetime) -> int:
    """Deletes old changes but the last, by which the next is numbered. A hub that missed one asks about everything."""
    old = AccessChange.objects.filter(created_at__lt=before, number__lt=last_access_change())
    deleted, _ = old.delete()
    return deleted


def _done_deliveries(before: datetime) -> QuerySet[HookDelivery]:
    """Those that nothing becomes of any more, since then; a delivery that was replayed is as young as its last try."""
    done = [HookDelivery.Status.SENT, HookDelivery.Status.DEAD]
    return HookDelivery.objects.filter(status__in=done, next_try_at__lt=before)


def _old_publications(before: datetime) -> QuerySet[Publication]:
    kept = timezone.now() - timedelta(days=LEAST_DAYS_OF_KEYS)
    return Publication.objects.filter(created_at__lt=min(before, kept))


def _old_receipts() -> QuerySet[StoredReceipt]:
    kept = timezone.now() - timedelta(days=LEAST_DAYS_OF_KEYS)
    return StoredReceipt.objects.filter(created_at__lt=kept)


def _delete(rows: QuerySet[Any], batch: int) -> Iterator[int]:
    """Deletes rows, oldest first; yields how many each transaction deleted."""
    deleted = batch
    while deleted == batch:
        with _giving_way(), transaction.atomic():
            # Locked, so that what an admin queues anew in this moment stays.
            ids = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True)[:batch])
            deleted = len(ids)
            rows.model._default_manager.filter(pk__in=ids).delete()
        yield deleted
