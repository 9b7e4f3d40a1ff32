"""Values that are computed once for all processes."""

from __future__ import annotations

from django.db import models


class Board(models.Model):
    """What a board's last value accounts for: whoever moves the row on computes the next one."""

    name = models.CharField(max_length=200, primary_key=True)
    computed_at = models.FloatField(default=0)
    """Unix seconds."""
    mark = models.BigIntegerField(default=0, db_default=0)
    """The log's mark (see `realtime.log.reading`): what moved up to it is in the value."""
    seen = models.JSONField(null=True)
    """Watched topics and their last numbers that are in the value too: on PostgreSQL the mark waits for the oldest transaction."""

    def __str__(self) -> str:
        return self.name
