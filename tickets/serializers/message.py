"""Messages as REST shows them, and as their events carry them: the same for everybody who may read them."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from realtime.rest.pagination import PageSerializer
from tickets.models import Message, MessageKind, Reaction
from tickets.serializers.attachment import AttachmentSerializer
from tickets.serializers.nulls import without_nulls
from tickets.serializers.people import UserSerializer
from tickets.serializers.representing import shown_by


class PlaceSerializer(serializers.Serializer[Any]):
    """Where a room stands."""

    seq = serializers.IntegerField()
    epoch = serializers.CharField()


class ReactionSummarySerializer(serializers.Serializer[Any]):
    emoji = serializers.CharField()
    count = serializers.IntegerField(min_value=1)
    users = UserSerializer(many=True)


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message. A deleted one keeps its place and says nothing any more."""

    id = serializers.CharField()
    ticket = serializers.CharField(source="ticket_id")
    seq = serializers.IntegerField(allow_null=True)
    client_id = serializers.CharField(allow_null=True)
    author = UserSerializer(allow_null=True)
    kind = serializers.ChoiceField(choices=MessageKind.choices)
    content = serializers.SerializerMethodField()
    html = serializers.SerializerMethodField()
    in_reply_to = serializers.CharField(source="in_reply_to_id", allow_null=True)
    mentions = serializers.SerializerMethodField()
    reactions = serializers.SerializerMethodField()
    attachments = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(default_timezone=UTC)
    edited_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    deleted_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)

    class Meta:
        model = Message
        fields = [
            "id",
            "ticket",
            "seq",
            "client_id",
            "kind",
            "author",
            "content",
            "html",
            "in_reply_to",
            "mentions",
            "reactions",
            "attachments",
            "created_at",
            "edited_at",
            "deleted_at",
        ]
        read_only_fields = fields

    def get_content(self, message: Message) -> str:
        return "" if message.deleted_at else message.content

    def get_html(self, message: Message) -> str:
        return "" if message.deleted_at else message.html

    @extend_schema_field(UserSerializer(many=True))
    def get_mentions(self, message: Message) -> list[Any]:
        if message.deleted_at:
            return []
        users = message.new_mentions
        if users is None:
            users = [mention.user for mention in message.mentions.all()]
        return [shown_by(UserSerializer)(user) for user in users]

    @extend_schema_field(AttachmentSerializer(many=True))
    def get_attachments(self, message: Message) -> list[Any]:
        if message.deleted_at:
            return []
        files = message.new_attachments
        if files is None:
            files = list(message.attachments.all())
        return [shown_by(AttachmentSerializer)(file) for file in files]

    @extend_schema_field(ReactionSummarySerializer(many=True))
    def get_reactions(self, message: Message) -> list[Any]:
        if message.is_new or message.deleted_at:
            return []
        groups: dict[str, list[Any]] = {}
        for reaction in message.reactions.all():
            groups.setdefault(reaction.emoji, []).append(shown_by(UserSerializer)(reaction.user))
        return [
            {"emoji": emoji, "count": len(users), "users": users} for emoji, users in groups.items()
        ]


class NewMessageSerializer(serializers.Serializer[Any]):
    """``attachments`` are ids of files that one has uploaded to the ticket before; with one, ``content`` may be empty."""

    content = serializers.CharField(max_length=65_536, trim_whitespace=False, allow_blank=True)
    attachments = serializers.ListField(
        child=serializers.UUIDField(), max_length=20, required=False
    )
    kind = serializers.ChoiceField(
        choices=[MessageKind.REPLY, MessageKind.NOTE], required=False, allow_null=True
    )
    client_id = serializers.CharField(max_length=80, required=False, allow_null=True)
    in_reply_to = serializers.UUIDField(required=False, allow_null=True)
    last_seen_seq = serializers.IntegerField(
        min_value=0,
        max_value=2**63 - 1,
        required=False,
        help_text="An agent's reply is refused (409 collision) if another agent replied after it",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return without_nulls(attrs)


class EditedMessageSerializer(serializers.Serializer[Any]):
    content = serializers.CharField(max_length=65_536, trim_whitespace=False)


class NewReactionSerializer(serializers.Serializer[Any]):
    emoji = serializers.CharField(max_length=32)


class ReactionSerializer(serializers.ModelSerializer[Reaction]):
    """The data of ``reaction.added`` and ``reaction.removed``."""

    message_id = serializers.CharField()
    ticket_id = serializers.CharField(source="message.ticket_id")
    user = UserSerializer()

    class Meta:
        model = Reaction
        fields = ["message_id", "ticket_id", "emoji", "user"]
        read_only_fields = fields


class MessagePageSerializer(PageSerializer):
    """A page of the conversation: a snapshot, which agrees with ``seq``, and for agents with ``notes.seq``."""

    results = MessageSerializer(many=True)
    seq = serializers.IntegerField()
    epoch = serializers.CharField()
    notes = PlaceSerializer(required=False)
