"""Files, as REST and events show them."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from rest_framework import serializers

from realtime.rest.pagination import PageSerializer
from tickets.models import Attachment
from tickets.serializers.people import UserSerializer


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """A file. ``url`` and ``thumbnail_url`` want the caller's token; ``link/`` below makes an address that doesn't."""

    id = serializers.CharField()
    ticket_id = serializers.CharField()
    message_id = serializers.CharField(allow_null=True)
    uploader = UserSerializer(allow_null=True)
    url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(default_timezone=UTC)

    class Meta:
        model = Attachment
        fields = [
            "id",
            "ticket_id",
            "message_id",
            "uploader",
            "internal",
            "name",
            "content_type",
            "size",
            "width",
            "height",
            "url",
            "thumbnail_url",
            "created_at",
        ]
        read_only_fields = fields

    def get_url(self, file: Attachment) -> str:
        return f"/api/v1/tickets/{file.ticket_id}/attachments/{file.pk}/"

    def get_thumbnail_url(self, file: Attachment) -> str | None:
        return f"{self.get_url(file)}thumbnail/" if file.thumbnail else None


class UploadSerializer(serializers.Serializer[Any]):
    """``internal`` files are for agents, as notes are."""

    file = serializers.FileField(allow_empty_file=True, max_length=500)
    internal = serializers.BooleanField(default=False)


class AttachmentPageSerializer(PageSerializer):
    results = AttachmentSerializer(many=True)


class AttachmentLinkSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    expires_in = serializers.IntegerField()
