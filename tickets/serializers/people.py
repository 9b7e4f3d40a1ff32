"""People, as others see them."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from rest_framework import serializers

from realtime.rest.pagination import PageSerializer
from tickets.models import Participant, Role


class UserSerializer(serializers.Serializer[Any]):
    """A user, as others see them. ``name`` is for people; it is the username where no other is known."""

    id = serializers.CharField(source="pk")
    username = serializers.CharField(source="get_username")
    name = serializers.SerializerMethodField()

    def get_name(self, user: Any) -> str:
        return str(user.get_full_name() or user.get_username())


class ParticipantSerializer(serializers.ModelSerializer[Participant]):
    user = UserSerializer()
    role = serializers.ChoiceField(choices=Role.choices)
    since = serializers.DateTimeField(source="created_at", default_timezone=UTC)

    class Meta:
        model = Participant
        fields = ["user", "role", "since"]
        read_only_fields = fields


class NewParticipantSerializer(serializers.Serializer[Any]):
    """``user`` is an id; without a ``role`` agents take part as ``agent``, others are copied in."""

    user = serializers.CharField(max_length=40)
    role = serializers.ChoiceField(choices=[Role.CC, Role.WATCHER, Role.AGENT], required=False)


class ParticipantPageSerializer(PageSerializer):
    results = ParticipantSerializer(many=True)
