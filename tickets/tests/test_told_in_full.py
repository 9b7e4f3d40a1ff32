"""Whoever has loaded a conversation and hears its room needs no reload."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.testing import Frame, told_in_full
from tickets import services
from tickets.models import Message, Participant, Ticket
from tickets.serializers.message import MessageSerializer
from tickets.serializers.people import ParticipantSerializer
from tickets.serializers.representing import shown_by
from tickets.serializers.ticket import TicketSerializer

pytestmark = pytest.mark.django_db

_HEAD = ("subject", "status", "priority", "assignee", "requester", "queue")


def page(ticket: Ticket) -> dict[str, Any]:
    """What a conversation's page shows: the ticket's head, who is in it, what was said."""
    row = Ticket.objects.get(pk=ticket.pk)
    messages = Message.objects.filter(ticket=row, kind="reply")
    people = Participant.objects.filter(ticket=row)
    return {
        "head": head_of(shown_by(TicketSerializer)(row)),
        "people": {str(one.user_id): shown_by(ParticipantSerializer)(one) for one in people},
        "messages": {str(one.pk): shown_by(MessageSerializer)(one) for one in messages},
    }


def head_of(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: shown[name] for name in _HEAD}


def keep_page(state: dict[str, Any], event: Frame) -> dict[str, Any]:
    kind = event["type"].partition(".")[0]
    data = event["data"]
    if kind == "ticket":
        state["head"] = head_of(data)
    elif kind == "message":
        state["messages"][data["id"]] = data
    elif kind == "reaction":
        keep_reaction(state["messages"][data["message_id"]]["reactions"], event)
    elif event["type"] == "participant.removed":
        del state["people"][data["user"]["id"]]
    elif kind == "participant":
        state["people"][data["user"]["id"]] = data
    return state


def keep_reaction(reactions: list[dict[str, Any]], event: Frame) -> None:
    emoji, user = event["data"]["emoji"], event["data"]["user"]
    group = next((group for group in reactions if group["emoji"] == emoji), None)
    if group is None:
        group = {"emoji": emoji, "count": 0, "users": []}
        reactions.append(group)
    if event["type"] == "reaction.added":
        group["users"].append(user)
    else:
        group["users"].remove(user)
    group["count"] = len(group["users"])
    if not group["users"]:
        reactions.remove(group)


@pytest.mark.django_db(transaction=True)
def test_a_conversation_is_told_in_full(ticket: Ticket, carol: Any, dave: Any, alice: Any) -> None:
    with told_in_full(ticket.room, snapshot=lambda: page(ticket), apply=keep_page) as events:
        services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
        answer, _ = services.reply(ticket=ticket, actor=alice, content="Is it **still** burning?")
        services.add_participant(ticket=ticket, actor=alice, user=dave)
        services.reply(ticket=ticket, actor=dave, content="No", in_reply_to=answer.pk)
        for user, emoji in ((carol, "🔥"), (dave, "🔥"), (dave, "👍")):
            services.react(message=answer, actor=user, emoji=emoji)
        services.unreact(message=answer, actor=dave, emoji="👍")
        services.edit_message(message=answer, actor=alice, content="Was it burning?")
        services.change_ticket(ticket=ticket, actor=alice, changes={"subject": "Smoke"})
        services.remove_participant(ticket=ticket, actor=alice, user=dave)
        services.delete_message(message=answer, actor=alice)
        services.transition_ticket(ticket=ticket, actor=alice, status="resolved")
    assert "message.deleted" in {event["type"] for event in events}
    assert events[-1]["data"]["status"] == "resolved"


def test_a_note_tells_the_customers_page_nothing(ticket: Ticket, alice: Any) -> None:
    with told_in_full(
        ticket.notes_room, snapshot=lambda: page(ticket), apply=lambda state, event: state
    ) as events:
        services.add_note(ticket=ticket, actor=alice, content="They smoke in there.")
    assert [event["type"] for event in events] == ["message.new"]
