"""One ticket as its page needs it: the row, who takes part, what the viewer may do, and the numbers of its rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from notifications.selectors import muted_by
from realtime import Snapshot
from tickets.models import ReadPointer, Status, Ticket
from tickets.serializers.message import PlaceSerializer
from tickets.serializers.people import ParticipantSerializer
from tickets.serializers.representing import shown_by
from tickets.serializers.ticket import AgentTicketSerializer, ClockSerializer, TicketSerializer
from tickets.states import legal_moves

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class ViewerSerializer(serializers.Serializer[Any]):
    """What the one who asks may do here, how far they have read, and whether they want to hear of mentions only."""

    works_on = serializers.BooleanField()
    legal_moves = serializers.ListField(child=serializers.ChoiceField(choices=Status.choices))
    read_seq = serializers.IntegerField()
    read_notes_seq = serializers.IntegerField()
    muted = serializers.BooleanField()


@extend_schema_serializer(component_name="TicketDetail")
class TicketDetailSerializer(TicketSerializer):
    """A snapshot: it agrees with ``seq`` of the conversation, and for agents with ``notes.seq`` of the notes.

    The optional fields are there for those who work on the ticket.
    """

    participants = ParticipantSerializer(many=True)
    viewer = ViewerSerializer()
    seq = serializers.IntegerField()
    epoch = serializers.CharField()
    notes = PlaceSerializer(required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    clocks = ClockSerializer(many=True, required=False)
    custom_fields = serializers.DictField(required=False)
    snoozed_until = serializers.DateTimeField(allow_null=True, required=False)
    last_customer_reply_at = serializers.DateTimeField(allow_null=True, required=False)
    last_agent_reply_at = serializers.DateTimeField(allow_null=True, required=False)

    class Meta(TicketSerializer.Meta):
        fields = [
            *AgentTicketSerializer.Meta.fields,
            "participants",
            "viewer",
            "seq",
            "epoch",
            "notes",
        ]


def detail_of(ticket: Ticket, user: User, view: Snapshot, *, works_on: bool) -> dict[str, Any]:
    """What `TicketDetailSerializer` describes, for one viewer."""
    shown = shown_by(AgentTicketSerializer if works_on else TicketSerializer)
    pointer = ReadPointer.objects.filter(ticket=ticket, user=user).first() or ReadPointer()
    data: dict[str, Any] = shown(ticket)
    participants = ticket.participants.select_related("user")
    data["participants"] = [shown_by(ParticipantSerializer)(row) for row in participants]
    data["viewer"] = {
        "works_on": works_on,
        "legal_moves": legal_moves(ticket.status, as_agent=works_on),
        "read_seq": pointer.seq,
        "read_notes_seq": pointer.notes_seq,
        "muted": bool(muted_by([user.pk], ticket.room)),
    }
    data.update(view.position(ticket.room))
    if works_on:
        data["notes"] = view.position(ticket.notes_room)
    return data
