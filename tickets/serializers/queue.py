"""Queues, as those who file tickets see them."""

from __future__ import annotations

from rest_framework import serializers

from tickets.models import Queue


class QueueSerializer(serializers.ModelSerializer[Queue]):
    class Meta:
        model = Queue
        fields = ["slug", "name", "description"]
        read_only_fields = fields
