"""Notifications as REST shows them, and as their events carry them."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from notifications.models import Notification
from notifications.registry import Level
from notifications.selectors import counts_of
from realtime.rest.pagination import PageSerializer


class ActorSerializer(serializers.Serializer[Any]):
    """Who caused a notification."""

    id = serializers.CharField(source="pk")
    username = serializers.CharField(source="get_username")


class CountsSerializer(serializers.Serializer[Any]):
    """Absolute counters: unread ones, and those among them that the user has not even seen."""

    unread = serializers.IntegerField(min_value=0)
    unseen = serializers.IntegerField(min_value=0)


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """One notification, as the list shows it. ``event`` is its kind, ``type`` its level."""

    id = serializers.CharField()
    event = serializers.CharField(source="kind")
    type = serializers.ChoiceField(source="level", choices=[level.value for level in Level])
    actor = ActorSerializer(allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]  # fields aren't attributes
    seen = serializers.SerializerMethodField()
    read = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(default_timezone=UTC)
    last_at = serializers.DateTimeField(default_timezone=UTC)

    class Meta:
        model = Notification
        fields = [
            "id",
            "event",
            "type",
            "title",
            "message",
            "url",
            "actor",
            "target",
            "count",
            "mention",
            "data",
            "seen",
            "read",
            "created_at",
            "last_at",
            "seq",
        ]
        read_only_fields = fields

    def get_seen(self, row: Notification) -> bool:
        return row.seen_at is not None or row.read_at is not None

    def get_read(self, row: Notification) -> bool:
        return row.read_at is not None


class NotificationEventSerializer(NotificationSerializer):
    """The data of ``notification.new`` and ``notification.mentioned``: the row, and the counters with it."""

    counts = serializers.SerializerMethodField()

    class Meta(NotificationSerializer.Meta):
        fields = [f for f in NotificationSerializer.Meta.fields if f != "seq"] + ["counts"]
        read_only_fields = fields

    def get_counts(self, row: Notification) -> dict[str, int]:
        counts = row.counts or counts_of(row.recipient_id)
        return {"unread": counts["unread"], "unseen": counts["unseen"]}


@extend_schema_serializer(many=False)  # it is the page, not a row of one
class NotificationPageSerializer(PageSerializer):
    """A page of the list: a snapshot, which agrees with ``seq`` of the user's own room."""

    results = NotificationSerializer(many=True)
    counts = CountsSerializer()
    seq = serializers.IntegerField()
    epoch = serializers.CharField()
