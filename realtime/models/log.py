"""The event log: events, the head of each topic, the epoch, and the numbered changes of access.

Rows are inserted without numbers; the database numbers them (migration 0002): PostgreSQL at commit, SQLite at once.
"""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class TopicHead(models.Model):
    """Where a topic stands: ``seq`` is its last number, events up to ``floor`` have been pruned.

    ``moved`` orders heads by commit, for the sweep: the transaction id on PostgreSQL, a counter on SQLite.
    """

    topic = models.CharField(max_length=200, primary_key=True)
    seq = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(default=0)
    moved = models.BigIntegerField(default=0, db_index=True)

    def __str__(self) -> str:
        return f"{self.topic} at {self.seq}"


class StoredEvent(models.Model):
    """A durable event. ``seq`` and ``access`` are given by the database; ``data`` is JSON text."""

    position = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=200)
    seq = models.BigIntegerField(null=True)
    access = models.BigIntegerField(default=0)
    uid = models.UUIDField(default=uuid7)
    type = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    data = models.TextField()
    entity_id = models.CharField(max_length=80, null=True)
    actor_id = models.CharField(max_length=80, null=True)
    sender = models.CharField(max_length=254, null=True)
    created_at = models.DateTimeField()
    stamp = models.CharField(max_length=200, null=True)
    """``table.column.key_column.key``: the row that is given this event's number (see `realtime.live`)."""

    class Meta:
        verbose_name = "event"
        constraints = [
            models.UniqueConstraint(fields=["topic", "seq"], name="realtime_event_topic_seq")
        ]
        indexes = [models.Index(fields=["created_at"], name="realtime_event_created")]

    def __str__(self) -> str:
        return f"{self.type} {self.topic}#{self.seq}"


class AccessChange(models.Model):
    """Somebody may have lost (or won) access. ``number`` is given by the database, 1, 2, 3 … in commit order.

    ``scope`` says whom it concerns: ``topic:<topic>``, ``kind:<name>``, ``user:<id>``, ``login:<sid>``, ``close:<user id>`` or
    ``socket:<connection id>`` (see `record_access_change`).
    """

    id = models.BigAutoField(primary_key=True)
    number = models.BigIntegerField(null=True, unique=True)
    scope = models.CharField(max_length=220)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.number}: {self.scope}"


class LogEpoch(models.Model):
    """Which life of the log this is: one row. A log that was rebuilt or restored gets a new value."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.value
