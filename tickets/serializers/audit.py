"""The audit of a ticket."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from rest_framework import serializers

from realtime.rest.pagination import PageSerializer
from tickets.models import TicketEvent
from tickets.selectors.naming import REFERENCES, Names
from tickets.serializers.people import UserSerializer


class StateField(serializers.DictField):
    """What the columns were. Ids are texts, as everywhere."""

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        shown = super().to_representation(value)
        ids = {key: str(shown[key]) for key in REFERENCES & set(shown) if shown[key] is not None}
        return {**shown, **ids}


class TicketEventSerializer(serializers.ModelSerializer[TicketEvent]):
    """One entry; ``actor`` is null where the desk did it itself, or the user is deleted (``actor_name`` stays).

    People, queues and tickets in ``before`` and ``after`` are ids. ``before_names`` and ``after_names`` have, under the same keys, what
    they are called: a username, a queue's name, ``#1002``. Of what is deleted there is none.
    """

    id = serializers.CharField()
    actor = UserSerializer(allow_null=True)
    before = StateField()
    after = StateField()
    before_names = serializers.SerializerMethodField()
    after_names = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(default_timezone=UTC)

    class Meta:
        model = TicketEvent
        fields = [
            *("id", "actor", "actor_name", "action", "before", "after"),
            *("before_names", "after_names", "created_at"),
        ]
        read_only_fields = fields

    def get_before_names(self, entry: TicketEvent) -> dict[str, str]:
        return self._names.of(entry.before)

    def get_after_names(self, entry: TicketEvent) -> dict[str, str]:
        return self._names.of(entry.after)

    @property
    def _names(self) -> Names:
        names: Names = self.context["names"]
        return names


class TicketEventPageSerializer(PageSerializer):
    results = TicketEventSerializer(many=True)
