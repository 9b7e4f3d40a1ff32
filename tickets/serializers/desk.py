"""Prepared texts, saved searches, tags and ratings."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from rest_framework import serializers

from tickets.models import CannedReply, Queue, Rating, SavedFilter, Tag


class CannedReplySerializer(serializers.ModelSerializer[CannedReply]):
    """``queue`` is a slug; null: for all queues."""

    id = serializers.CharField(read_only=True)
    queue = serializers.SlugRelatedField(
        slug_field="slug", queryset=Queue.objects.all(), allow_null=True, required=False
    )
    content = serializers.CharField(max_length=65_536, trim_whitespace=False)

    class Meta:
        model = CannedReply
        fields = ["id", "name", "content", "queue"]


class RenderedReplySerializer(serializers.Serializer[Any]):
    content = serializers.CharField()


class SavedFilterSerializer(serializers.ModelSerializer[SavedFilter]):
    """``query`` is in the language of the search; ``mine`` says whether the caller may change it."""

    id = serializers.CharField(read_only=True)
    mine = serializers.SerializerMethodField()

    class Meta:
        model = SavedFilter
        fields = ["id", "name", "query", "shared", "mine"]

    def get_mine(self, row: SavedFilter) -> bool:
        return bool(row.owner_id == self.context["request"].user.pk)

    def validate_name(self, name: str) -> str:
        same = SavedFilter.objects.filter(owner=self.context["request"].user, name=name)
        if self.instance is not None:
            same = same.exclude(pk=self.instance.pk)
        if same.exists():
            raise serializers.ValidationError("You have a filter of this name.")
        return name


class TagSerializer(serializers.ModelSerializer[Tag]):
    class Meta:
        model = Tag
        fields = ["name"]
        read_only_fields = fields


class RatingSerializer(serializers.ModelSerializer[Rating]):
    """``score`` is 1 (bad) to 5 (good)."""

    ticket_id = serializers.CharField(read_only=True)
    score = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    created_at = serializers.DateTimeField(default_timezone=UTC, read_only=True)

    class Meta:
        model = Rating
        fields = ["ticket_id", "score", "comment", "created_at"]
