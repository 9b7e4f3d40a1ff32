"""Who is connected, where the database keeps it: server processes with a lease, their sockets, the rooms of these.

Written by `realtime.presence.database` only. Rows of a process whose lease has expired are removed by any other.
"""

from __future__ import annotations

from django.db import models


class ServerProcess(models.Model):
    """A running server process. Its connections count while ``expires_at`` (unix seconds) lies ahead."""

    id = models.CharField(max_length=40, primary_key=True)
    expires_at = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return f"server process {self.id}"


class SocketConnection(models.Model):
    """An open socket."""

    id = models.CharField(max_length=40, primary_key=True)
    process = models.ForeignKey(
        ServerProcess,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="connections",
    )
    user_id = models.CharField(max_length=80, db_index=True)
    username = models.CharField(max_length=254)
    endpoint = models.CharField(max_length=200)
    sid = models.CharField(max_length=80, null=True)
    address = models.CharField(max_length=80)
    opened_at = models.FloatField()
    """Unix seconds."""
    frames_received = models.BigIntegerField(default=0, db_default=0)
    """As of the last renewal of the lease, like ``frames_sent``."""
    frames_sent = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = "connection"

    def __str__(self) -> str:
        return f"{self.username} on {self.endpoint}"


class RoomMembership(models.Model):
    """A socket is in a room."""

    connection = models.ForeignKey(
        SocketConnection,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="memberships",
    )
    topic = models.CharField(max_length=200)
    user_id = models.CharField(max_length=80)
    username = models.CharField(max_length=254)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "topic"], name="realtime_membership_once")
        ]
        indexes = [models.Index(fields=["topic", "user_id"], name="realtime_membership_topic")]

    def __str__(self) -> str:
        return f"{self.username} in {self.topic}"


class Departure(models.Model):
    """A user's last socket is gone from a room, or from everywhere (``topic`` empty), and nobody has been told yet.

    Whoever claims the row once ``due_at`` (unix seconds) has passed tells it, and deletes it then; coming back deletes it untold.
    """

    topic = models.CharField(max_length=200)
    user_id = models.CharField(max_length=80)
    username = models.CharField(max_length=254)
    due_at = models.FloatField(db_index=True)
    claimed_by = models.CharField(max_length=40, null=True)
    """The process that tells it."""
    claim = models.CharField(max_length=40, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic", "user_id"], name="realtime_departure_once")
        ]

    def __str__(self) -> str:
        return f"{self.username} has left {self.topic or 'all'}"
