"""What a search found."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from realtime.rest.pagination import PageSerializer
from tickets.models import MessageKind
from tickets.serializers.people import UserSerializer
from tickets.serializers.ticket import TicketSerializer


class FoundMessageSerializer(serializers.Serializer[Any]):
    """``excerpt`` is safe HTML: text with what was found in ``<mark>``."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=MessageKind.choices)
    author = UserSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    excerpt = serializers.CharField()


class FoundTicketSerializer(serializers.Serializer[Any]):
    """A ticket, its subject as ``excerpt``, and up to three messages in which the words are."""

    ticket = TicketSerializer()
    excerpt = serializers.CharField()
    messages = FoundMessageSerializer(many=True)


class SearchPageSerializer(PageSerializer):
    results = FoundTicketSerializer(many=True)
