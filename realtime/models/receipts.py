"""Receipts of changes, for clients that send a change again."""

from __future__ import annotations

from django.db import models


class StoredReceipt(models.Model):
    """What a change was answered with. ``key`` stands for who asked for what, in which room, under which ``client_id``."""

    key = models.CharField(max_length=64, primary_key=True)
    topic = models.CharField(max_length=200)
    entity_id = models.CharField(max_length=80, null=True)
    seq = models.BigIntegerField(null=True)
    data = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["topic", "entity_id"], name="realtime_receipt_entity")]

    def __str__(self) -> str:
        return f"{self.topic} {self.entity_id}"
