"""A new life of the log: after a backup was restored, numbers that clients remember mean something else."""

from __future__ import annotations

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from realtime.models import LogEpoch, TopicHead


def begin_new_epoch() -> str:
    """Gives the log a new epoch and returns it. Servers that run notice within a sweep and ask all clients to come back."""
    epoch = str(uuid7())
    with transaction.atomic():
        LogEpoch.objects.update_or_create(pk=1, defaults={"value": epoch})
        if connection.vendor == "postgresql":
            # Transaction ids of another server would look to every sweep like movement.
            TopicHead.objects.exclude(moved=0).update(moved=0)
    return epoch
