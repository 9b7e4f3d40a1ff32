"""The audit of a ticket."""

from __future__ import annotations

from datetime import UTC

from rest_framework import serializers

from realtime.rest.pagination import PageSerializer
from tickets.models import TicketEvent
from tickets.serializers.people import UserSerializer


class TicketEventSerializer(serializers.ModelSerializer[TicketEvent]):
    """One entry; ``actor`` is null where the desk did it itself, or the user is deleted (``actor_name`` stays)."""

    id = serializers.CharField()
    actor = UserSerializer(allow_null=True)
    before = serializers.DictField()
    after = serializers.DictField()
    created_at = serializers.DateTimeField(default_timezone=UTC)

    class Meta:
        model = TicketEvent
        fields = ["id", "actor", "actor_name", "action", "before", "after", "created_at"]
        read_only_fields = fields


class TicketEventPageSerializer(PageSerializer):
    results = TicketEventSerializer(many=True)
