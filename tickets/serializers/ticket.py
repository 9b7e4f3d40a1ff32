"""Tickets as REST shows them and as their events carry them: what everybody who sees one may know, and what agents know."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from tickets.models import ClockState, Metric, Priority, SLAClock, Status, Ticket
from tickets.serializers.nulls import without_nulls
from tickets.serializers.people import UserSerializer
from tickets.serializers.representing import shown_by


@extend_schema_serializer(component_name="SupportTicket")
class TicketSerializer(serializers.ModelSerializer[Ticket]):
    """What everybody who sees the ticket may know. ``title`` is the subject under its older name."""

    id = serializers.CharField()
    title = serializers.CharField(source="subject")
    status = serializers.ChoiceField(choices=Status.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    queue = serializers.CharField(source="queue.slug")
    queue_name = serializers.CharField(source="queue.name")
    requester = UserSerializer(allow_null=True)
    assignee = UserSerializer(allow_null=True)
    merged_into = serializers.CharField(source="merged_into_id", allow_null=True)
    created_at = serializers.DateTimeField(default_timezone=UTC)
    updated_at = serializers.DateTimeField(default_timezone=UTC)
    first_reply_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    last_reply_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    resolved_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    closed_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)

    class Meta:
        model = Ticket
        fields = [
            "id",
            "number",
            "subject",
            "title",
            "status",
            "priority",
            "queue",
            "queue_name",
            "requester",
            "assignee",
            "version",
            "merged_into",
            "created_at",
            "updated_at",
            "first_reply_at",
            "last_reply_at",
            "resolved_at",
            "closed_at",
        ]
        read_only_fields = fields


class ClockSerializer(serializers.Serializer[Any]):
    """A promise to the customer. While it runs it is broken at ``due_at``; else ``remaining`` seconds of opening hours
    are left. Negative: it was broken."""

    metric = serializers.ChoiceField(choices=Metric.choices)
    state = serializers.ChoiceField(choices=ClockState.choices)
    due_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    remaining = serializers.IntegerField()
    warned_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    breached_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)


class SLAClockSerializer(serializers.ModelSerializer[SLAClock]):
    """The data of ``sla.changed``, ``sla.warning`` and ``sla.breached``."""

    ticket_id = serializers.CharField()
    number = serializers.IntegerField(source="ticket.number")
    remaining = serializers.IntegerField()
    due_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    warned_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    breached_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)

    class Meta:
        model = SLAClock
        fields = [
            "ticket_id",
            "number",
            "metric",
            "state",
            "due_at",
            "remaining",
            "warned_at",
            "breached_at",
        ]
        read_only_fields = fields


@extend_schema_serializer(component_name="AgentTicket")
class AgentTicketSerializer(TicketSerializer):
    """What agents know beside that."""

    tags = serializers.SerializerMethodField()
    clocks = serializers.SerializerMethodField()
    custom_fields = serializers.DictField()
    snoozed_until = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    last_customer_reply_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    last_agent_reply_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)

    class Meta(TicketSerializer.Meta):
        fields = [
            *TicketSerializer.Meta.fields,
            "tags",
            "clocks",
            "custom_fields",
            "snoozed_until",
            "last_customer_reply_at",
            "last_agent_reply_at",
        ]
        read_only_fields = fields

    def get_tags(self, ticket: Ticket) -> list[str]:
        if ticket._state.adding:
            return []
        return sorted(tag.name for tag in ticket.tags.all())

    @extend_schema_field(ClockSerializer(many=True))
    def get_clocks(self, ticket: Ticket) -> list[Any]:
        shown = shown_by(ClockSerializer)
        return [shown(clock.as_data()) for clock in ticket.clocks.all()]


class TicketActivitySerializer(serializers.ModelSerializer[Ticket]):
    """The data of ``ticket.replied``, for lists: that something was said, not what."""

    id = serializers.CharField()
    last_reply_at = serializers.DateTimeField(default_timezone=UTC)

    class Meta:
        model = Ticket
        fields = ["id", "number", "last_reply_at"]
        read_only_fields = fields


class NewTicketSerializer(serializers.Serializer[Any]):
    """``requester`` (a user id) is for agents who file a ticket for somebody else.

    ``custom_fields`` are values of the queue's fields by their keys, with all that are required; without it none are.
    """

    subject = serializers.CharField(max_length=250)
    content = serializers.CharField(max_length=65_536, trim_whitespace=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False, allow_null=True)
    queue = serializers.SlugField(max_length=60, required=False, allow_null=True)
    client_id = serializers.CharField(max_length=80, required=False, allow_null=True)
    requester = serializers.CharField(max_length=40, required=False, allow_null=True)
    custom_fields = serializers.DictField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return without_nulls(attrs)


_ELSEWHERE = {
    "status": "The status is changed at transition/.",
    "assignee": "A ticket is assigned at assign/.",
    "snoozed_until": "A ticket is put away at snooze/.",
    "merged_into": "Tickets are merged at merge/.",
    "title": "The title is the subject, and changed under that name.",
}


class TicketChangesSerializer(serializers.Serializer[Any]):
    """What can be changed; what is absent stays. ``custom_fields`` are all values of the queue's fields by their keys.

    Other names are refused. What a ticket is shown with may be sent back as it is: that changes nothing.
    """

    subject = serializers.CharField(max_length=250, required=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    queue = serializers.SlugField(max_length=60, required=False)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=30, required=False
    )
    custom_fields = serializers.DictField(required=False)

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        if unknown := [name for name in data if name not in self.fields]:
            raise serializers.ValidationError(
                {name: [_ELSEWHERE.get(name, "This can't be changed.")] for name in unknown}
            )
        return values


class AssignmentSerializer(serializers.Serializer[Any]):
    assignee = serializers.CharField(max_length=40, allow_null=True)


class TransitionSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=Status.choices)


class ReadSerializer(serializers.Serializer[Any]):
    """``seq`` of the conversation, ``notes_seq`` of the notes: at least one."""

    seq = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    notes_seq = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if not given:
            raise serializers.ValidationError({"seq": ["This field is required."]})
        return given


class SnoozeSerializer(serializers.Serializer[Any]):
    """``until`` is a moment to come; null brings the ticket back now."""

    until = serializers.DateTimeField(allow_null=True)


class MergeSerializer(serializers.Serializer[Any]):
    into = serializers.UUIDField()


class SplitSerializer(serializers.Serializer[Any]):
    subject = serializers.CharField(max_length=250)
    messages = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


class BulkSerializer(serializers.Serializer[Any]):
    """One of ``assign`` (``assignee``), ``transition`` (``status``), ``change`` (``changes``), ``snooze`` (``until``)."""

    tickets = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=100)
    action = serializers.ChoiceField(choices=["assign", "transition", "change", "snooze"])
    assignee = serializers.CharField(max_length=40, allow_null=True, required=False)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    changes = TicketChangesSerializer(required=False)
    until = serializers.DateTimeField(allow_null=True, required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        needed = {
            "assign": "assignee",
            "transition": "status",
            "change": "changes",
            "snooze": "until",
        }[given["action"]]
        if needed not in given:
            raise serializers.ValidationError({needed: ["This field is required."]})
        return given


class BulkResultSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    ok = serializers.BooleanField()
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class BulkResultsSerializer(serializers.Serializer[Any]):
    results = BulkResultSerializer(many=True)
