"""What the rooms hear."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.models import AccessChange, StoredEvent
from realtime.registry import registry
from tickets import services
from tickets.models import Message, Participant, QueueMember, Role, Ticket
from tickets.selectors.people import contacts_of
from tickets.tests.conftest import events_of, types_of
from tickets.tests.factories import make_message, make_participant, make_queue, make_ticket

pytestmark = pytest.mark.django_db


def notes_room(ticket: Ticket) -> str:
    return f"ticket-notes:{ticket.pk}"


def forget_events() -> None:
    StoredEvent.objects.all().delete()


def test_a_new_ticket_is_heard_by_its_queue_and_its_requester_once(ticket: Any, carol: Any) -> None:
    assert types_of("queue:support") == ["ticket.created"]
    assert types_of(f"desk:{carol.pk}") == ["ticket.created"]
    assert types_of(ticket.room) == ["ticket.created", "participant.added", "message.new"]


def test_the_data_of_a_ticket_has_what_event_clients_need(ticket: Any, carol: Any) -> None:
    data = events_of(f"desk:{carol.pk}")[0]["data"]
    assert data["id"] == str(ticket.pk)
    assert data["number"] == ticket.number
    assert data["title"] == "The printer is on fire"
    assert data["priority"] == "normal"
    assert data["status"] == "new"


def test_customers_dont_hear_what_only_agents_know(ticket: Any, alice: Any, carol: Any) -> None:
    services.change_ticket(ticket=ticket, actor=alice, changes={"tags": ["vip"]})
    assert events_of("queue:support")[-1]["data"]["tags"] == ["vip"]
    for room in (ticket.room, f"desk:{carol.pk}"):
        assert all("vip" not in str(event["data"]) for event in events_of(room))
    assert types_of(notes_room(ticket)) == ["ticket.details_changed"]


def test_a_change_of_status_alone_is_told_alone(ticket: Any, alice: Any) -> None:
    forget_events()
    services.transition_ticket(ticket=ticket, actor=alice, status="resolved")
    assert types_of(ticket.room) == ["ticket.status_changed"]
    assert types_of("queue:support") == ["ticket.status_changed"]


def test_a_change_of_status_with_other_fields_is_followed_by_updated(ticket: Any) -> None:
    forget_events()
    ticket.status, ticket.subject = "open", "Now it smokes"
    ticket.save()
    assert types_of(ticket.room) == ["ticket.status_changed", "ticket.updated"]


def test_lists_hear_of_a_reply_before_the_move_that_it_makes(
    ticket: Ticket, alice: Any, carol: Any
) -> None:
    forget_events()
    make_message(ticket, alice)
    for topic in ("queue:support", f"desk:{carol.pk}"):
        assert types_of(topic) == ["ticket.replied", "ticket.status_changed"]
    assert types_of(ticket.room) == ["message.new", "ticket.status_changed"]
    ticket.refresh_from_db()
    assert (ticket.status, ticket.version) == ("open", 2)


def test_an_assignment_is_told_alone(ticket: Any, alice: Any) -> None:
    forget_events()
    services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
    assert types_of("queue:support") == ["ticket.assigned"]
    assert events_of("queue:support")[0]["data"]["assignee"]["username"] == "alice"


def test_to_event_clients_every_change_is_created_or_updated() -> None:
    aliases = {t.alias for t in registry.event_types.values() if t.name.startswith("ticket.")}
    assert aliases == {"ticket.created", "ticket.updated", None}
    assert registry.alias("ticket.assigned") == "ticket.updated"
    assert registry.alias("ticket.status_changed") == "ticket.updated"
    assert registry.alias("ticket.replied") is None


def test_a_reply_reaches_the_room_with_its_number_and_a_note_only_agents(
    ticket: Any, alice: Any
) -> None:
    forget_events()
    reply = make_message(ticket, alice, content="Water is on its way")
    note = make_message(ticket, alice, kind="note", content="Use the big hose")
    said = [event for event in events_of(ticket.room) if event["type"] == "message.new"]
    assert [event["data"]["content"] for event in said] == ["Water is on its way"]
    noted = events_of(notes_room(ticket))
    assert [event["data"]["content"] for event in noted] == ["Use the big hose"]
    reply.refresh_from_db()
    note.refresh_from_db()
    assert reply.seq == said[0]["seq"]
    assert note.seq == noted[0]["seq"] == 1


def test_no_room_of_a_customer_carries_anything_of_a_note(
    ticket: Any, alice: Any, carol: Any
) -> None:
    note = make_message(ticket, alice, kind="note", content="She is @carol, be kind")
    services.edit_message(message=note, actor=alice, content="secret two")
    services.react(message=note, actor=alice, emoji="👀")
    services.delete_message(message=note, actor=alice)
    forget = ("be kind", "secret two", str(note.pk))
    for room in (ticket.room, f"desk:{carol.pk}", f"user:{carol.pk}"):
        for event in events_of(room):
            assert not any(text in str(event) for text in forget)
    assert types_of(notes_room(ticket)) == [
        "message.new",
        "message.edited",
        "reaction.added",
        "message.deleted",
    ]


def test_a_deleted_message_says_nothing_any_more(ticket: Any, carol: Any) -> None:
    message = make_message(ticket, carol, content="Never mind")
    services.delete_message(message=message, actor=carol)
    event = events_of(ticket.room)[-1]
    assert event["type"] == "message.deleted"
    assert event["data"]["content"] == event["data"]["html"] == ""


def test_an_edit_made_in_a_shell_is_heard(ticket: Any) -> None:
    forget_events()
    Ticket.objects.filter(pk=ticket.pk).update(priority="urgent")
    assert types_of(ticket.room) == ["ticket.updated"]
    message = Message.objects.get(ticket=ticket)
    message.content = "It *burns*"
    message.save()
    assert events_of(ticket.room)[-1]["data"]["html"] == "<p>It <em>burns</em></p>"


def test_whoever_sees_a_ticket_hears_each_change_once(
    ticket: Any, alice: Any, bob: Any, dave: Any, admin: Any
) -> None:
    make_participant(ticket, dave)
    make_participant(ticket, alice, Role.AGENT)
    make_participant(ticket, admin, Role.AGENT)
    Ticket.objects.filter(pk=ticket.pk).update(assignee=bob)
    forget_events()
    services.transition_ticket(ticket=ticket, actor=None, status="open")
    heard = {
        user.username: [
            t for topic in registry.personal_topics(user) for t in types_of(topic) if "ticket" in t
        ]
        for user in (alice, bob, dave, admin, ticket.requester)
    }
    assert heard == {
        name: ["ticket.status_changed"] for name in ("alice", "bob", "dave", "admin", "carol")
    }


def test_a_ticket_comes_into_view_and_goes_with_the_participation(ticket: Any, dave: Any) -> None:
    row = make_participant(ticket, dave)
    row.delete()
    assert types_of(f"desk:{dave.pk}") == ["ticket.created", "ticket.deleted"]


def test_a_ticket_that_moves_leaves_one_queue_and_enters_the_other(
    ticket: Any, alice: Any, billing: Any
) -> None:
    forget_events()
    services.change_ticket(ticket=ticket, actor=alice, changes={"queue": "billing"})
    assert types_of("queue:support") == ["ticket.deleted"]
    assert types_of("queue:billing") == ["ticket.created"]
    assert types_of(ticket.room) == ["ticket.updated"]


@pytest.mark.parametrize(
    "loss",
    [
        lambda t: Participant.objects.filter(ticket=t).delete(),
        lambda t: Ticket.objects.filter(pk=t.pk).update(assignee=None),
        lambda t: QueueMember.objects.all().delete(),
    ],
)
def test_what_ends_access_is_recorded_as_a_change_of_access(
    ticket: Any, bob: Any, loss: Any
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(assignee=bob)
    before = AccessChange.objects.count()
    loss(ticket)
    assert AccessChange.objects.count() > before


def test_superusers_hear_queues_made_later(admin: Any) -> None:
    make_queue("later")
    assert AccessChange.objects.filter(scope=f"user:{admin.pk}").exists()
    assert "queue:later" in registry.personal_topics(admin)


def test_customers_know_of_the_presence_of_people_they_share_a_ticket_with(
    ticket: Any, carol: Any, dave: Any, alice: Any
) -> None:
    make_ticket(dave)
    assert contacts_of(carol) == set()
    make_participant(ticket, dave)
    ticket.assignee = alice
    ticket.save()
    assert contacts_of(carol) == {dave.pk, alice.pk}
