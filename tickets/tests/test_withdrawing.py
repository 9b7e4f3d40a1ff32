"""What was taken back can't be read any more, not even by whoever loads the room's past."""

from __future__ import annotations

from typing import Any

import pytest

from tickets import services
from tickets.models import Message, Ticket
from tickets.tests.conftest import events_of, types_of
from tickets.tests.factories import make_message, make_ticket

pytestmark = pytest.mark.django_db


def past_of(room: str) -> str:
    return str(events_of(room))


def test_an_edit_replaces_the_text_in_what_was_told_before(ticket: Ticket, carol: Any) -> None:
    message = make_message(ticket, carol, content="My password is swordfish, @alice")
    told = len(events_of(ticket.room))
    services.edit_message(message=message, actor=carol, content="My **number** is in my profile")
    assert "swordfish" not in past_of(ticket.room)
    new, edited = events_of(ticket.room)[told - 1 :]
    assert (new["type"], edited["type"]) == ("message.new", "message.edited")
    assert new["data"]["content"] == edited["data"]["content"] == "My **number** is in my profile"
    assert new["data"]["html"] == edited["data"]["html"]
    assert new["data"]["mentions"] == []
    assert new["data"]["edited_at"] is None


def test_a_deletion_leaves_nothing_of_any_version(ticket: Ticket, alice: Any) -> None:
    message = make_message(ticket, alice, kind="note", content="First guess: his fault")
    services.edit_message(message=message, actor=alice, content="Second guess: her fault")
    services.delete_message(message=message, actor=alice)
    assert "guess" not in past_of(ticket.notes_room)
    assert types_of(ticket.notes_room) == ["message.new", "message.edited", "message.deleted"]


def test_an_edit_in_a_shell_withdraws_too(ticket: Ticket, carol: Any) -> None:
    message = make_message(ticket, carol, content="My password is swordfish")
    row = Message.objects.get(pk=message.pk)
    row.content = "Never mind"
    row.save()
    assert "swordfish" not in past_of(ticket.room)


def test_other_messages_keep_what_they_say(ticket: Ticket, carol: Any) -> None:
    make_message(ticket, carol, content="It smokes")
    message = make_message(ticket, carol, content="It burns")
    services.delete_message(message=message, actor=carol)
    assert "It smokes" in past_of(ticket.room)


def test_what_was_moved_to_another_ticket_is_readable_there_only(
    ticket: Ticket, alice: Any, carol: Any, support: Any
) -> None:
    make_message(ticket, carol, content="It burns")
    other = make_ticket(carol, queue=support)
    services.merge_tickets(ticket=ticket, actor=alice, into=other)
    assert "It burns" not in past_of(ticket.room)
    assert "It burns" in past_of(other.room)
