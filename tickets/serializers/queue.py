"""Queues, as those who file tickets see them."""

from __future__ import annotations

from typing import Any, get_args

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from tickets.custom_fields import FieldType, definitions_of
from tickets.models import Queue
from tickets.serializers.representing import shown_by


@extend_schema_serializer(component_name="CustomField")
class FieldDefinitionSerializer(serializers.Serializer[Any]):
    """A further field of a queue's tickets. Values are text, a number, true or false (``yes_no``), a day such as 2026-01-31, or
    one of ``choices``."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # fields aren't attributes
    type = serializers.ChoiceField(choices=get_args(FieldType))
    choices = serializers.ListField(child=serializers.CharField())
    required = serializers.BooleanField()  # type: ignore[assignment]  # the same


class QueueSerializer(serializers.ModelSerializer[Queue]):
    custom_fields = serializers.SerializerMethodField()

    class Meta:
        model = Queue
        fields = ["slug", "name", "description", "custom_fields"]
        read_only_fields = fields

    @extend_schema_field(FieldDefinitionSerializer(many=True))
    def get_custom_fields(self, queue: Queue) -> list[Any]:
        return [
            shown_by(FieldDefinitionSerializer)(one) for one in definitions_of(queue.custom_fields)
        ]
