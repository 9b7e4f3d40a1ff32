"""Merging, splitting, snoozing, claiming, and the same for many."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from notifications.models import Notification
from realtime.errors import Conflict, InvalidField
from tickets import services
from tickets.errors import AgentsOnly, TicketMerged
from tickets.models import Message, Ticket
from tickets.tests.conftest import events_of, types_of
from tickets.tests.factories import make_message, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def twin(dave: Any, support: Any) -> Ticket:
    """Dave's ticket about the same."""
    return make_ticket(dave, queue=support, subject="Printer burns")


def test_a_merge_moves_messages_and_people(
    ticket: Any, twin: Any, alice: Any, as_dave: Any, as_carol: Any
) -> None:
    note = make_message(twin, alice, kind="note")
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    twin.refresh_from_db()
    assert (twin.status, twin.merged_into) == ("merged", ticket)
    assert Message.objects.get(pk=note.pk).ticket == ticket
    assert as_dave.get(f"/api/v1/tickets/{twin.pk}/").json()["merged_into"] == str(ticket.pk)
    said = as_dave.get(f"/api/v1/tickets/{ticket.pk}/messages/").json()["results"]
    assert [m["kind"] for m in said] == ["reply", "reply", "event"]
    assert said == as_carol.get(f"/api/v1/tickets/{ticket.pk}/messages/").json()["results"]


@pytest.mark.django_db(transaction=True)
def test_a_moved_message_is_new_in_its_room_with_a_new_number(
    ticket: Any, twin: Any, alice: Any
) -> None:
    moved = Message.objects.get(ticket=twin)
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    moved.refresh_from_db()
    news = [e for e in events_of(ticket.room) if e["data"].get("id") == str(moved.pk)]
    assert [(e["type"], e["seq"]) for e in news] == [("message.new", moved.seq)]
    assert "message.deleted" in types_of(twin.room)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("start", "best"), [("before_seq=100", min), ("after_seq=0", max)])
def test_who_pages_by_numbers_misses_nothing_after_a_merge(
    ticket: Any,
    twin: Any,
    alice: Any,
    dave: Any,
    as_alice: Any,
    as_carol: Any,
    start: str,
    best: Any,
) -> None:
    make_message(twin, alice, kind="note", content="moved note")
    make_message(twin, dave, content="moved")
    for text in ("one", "two"):
        make_message(ticket, alice, content=text)
        make_message(ticket, alice, kind="note", content=f"note of {text}")
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    address = f"/api/v1/tickets/{ticket.pk}/messages/"
    for client in (as_alice, as_carol):
        page = client.get(f"{address}?{start}&page_size=2").json()
        pages = [page]
        while page["next"]:
            page = client.get(page["next"]).json()
            pages.append(page)
        ids = [message["id"] for page in pages for message in page["results"]]
        every = client.get(address).json()["results"]
        assert sorted(ids) == sorted(message["id"] for message in every)
    # Carol hears of no notes, and may as well ask for what lies beyond the last number that she has.
    name, number, numbers = start.partition("=")[0], int(start.partition("=")[2]), list[int]()
    while page := client.get(f"{address}?{name}={number}&page_size=2").json()["results"]:
        numbers += [message["seq"] for message in page]
        number = best(numbers)
    assert sorted(numbers) == sorted(message["seq"] for message in every)


def test_who_takes_part_by_a_merge_or_a_split_is_told(
    ticket: Any, twin: Any, alice: Any, admin: Any
) -> None:
    def told() -> list[tuple[str, str, str]]:
        rows = Notification.objects.order_by("recipient__username")
        found = list(rows.values_list("recipient__username", "kind", "target"))
        rows.delete()
        return found

    services.assign_ticket(ticket=ticket, actor=alice, assignee=admin)
    said = make_message(ticket, alice)
    told()
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    assert told() == [("dave", "ticket.added", ticket.room)]
    new = services.split_ticket(ticket=ticket, actor=alice, messages=[said.pk], subject="New")
    people = [("admin", "ticket.assigned"), ("carol", "ticket.added"), ("dave", "ticket.added")]
    assert told() == [(*one, new.room) for one in people]


def test_what_is_split_off_isnt_given_to_who_is_no_agent_any_more(
    ticket: Any, alice: Any, bob: Any
) -> None:
    services.assign_ticket(ticket=ticket, actor=alice, assignee=bob)
    said = make_message(ticket, alice)
    type(bob).objects.filter(pk=bob.pk).update(is_staff=False)
    Notification.objects.all().delete()
    new = services.split_ticket(ticket=ticket, actor=alice, messages=[said.pk], subject="New")
    assert new.assignee is None
    assert not Notification.objects.filter(recipient=bob).exists()


def test_a_message_that_moved_meanwhile_is_changed_where_it_is_now(
    ticket: Any, twin: Any, alice: Any, carol: Any, dave: Any
) -> None:
    seen_before = Message.objects.select_related("ticket").get(ticket=twin)
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    services.edit_message(message=seen_before, actor=dave, content="Like yours, @carol")
    mention = Notification.objects.get(kind="ticket.mentioned")
    assert (mention.recipient, mention.target) == (carol, ticket.room)


def test_who_worked_on_what_was_merged_works_on_it_still(
    ticket: Any, twin: Any, alice: Any, bob: Any, as_bob: Any
) -> None:
    services.add_participant(ticket=twin, actor=alice, user=bob)
    services.add_participant(ticket=ticket, actor=alice, user=bob, role="cc")
    note = make_message(twin, bob, kind="note")
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    said = as_bob.get(f"/api/v1/tickets/{ticket.pk}/messages/").json()["results"]
    assert str(note.pk) in [message["id"] for message in said]


def test_what_was_merged_takes_nothing_any_more(ticket: Any, twin: Any, alice: Any) -> None:
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    with pytest.raises(TicketMerged) as refused:
        make_message(twin, alice)
    assert refused.value.details["merged_into"] == str(ticket.pk)
    for again in (
        lambda: services.add_participant(ticket=twin, actor=alice, user=alice),
        lambda: services.merge_tickets(ticket=twin, actor=alice, into=ticket),
        lambda: services.merge_tickets(ticket=ticket, actor=alice, into=twin),
        lambda: services.assign_ticket(ticket=twin, actor=alice, assignee=alice),
    ):
        with pytest.raises(TicketMerged):
            again()


def test_a_merge_of_a_merge_leads_to_the_last(
    ticket: Any, twin: Any, alice: Any, carol: Any
) -> None:
    third = make_ticket(carol)
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    services.merge_tickets(ticket=ticket, actor=alice, into=third)
    twin.refresh_from_db()
    assert twin.merged_into == third


def test_only_who_works_on_both_merges(
    ticket: Any, alice: Any, bob: Any, dave: Any, billing: Any, carol: Any
) -> None:
    elsewhere = make_ticket(dave, queue=billing)
    for actor in (alice, bob, carol):
        with pytest.raises(AgentsOnly):
            services.merge_tickets(ticket=elsewhere, actor=actor, into=ticket)
    with pytest.raises(InvalidField):
        services.merge_tickets(ticket=ticket, actor=alice, into=ticket)


def test_a_split_makes_a_ticket_of_some_messages(ticket: Any, alice: Any, carol: Any) -> None:
    other = make_message(ticket, carol, content="By the way, the phone is dead")
    new = services.split_ticket(
        ticket=ticket, actor=alice, messages=[other.pk], subject="Dead phone"
    )
    assert new.requester == carol
    assert next(m.content for m in new.messages.order_by("id")) == other.content
    assert not ticket.messages.filter(pk=other.pk).exists()


def test_a_split_must_leave_something_and_take_only_its_own(
    ticket: Any, twin: Any, alice: Any
) -> None:
    own, foreign = Message.objects.get(ticket=ticket), Message.objects.get(ticket=twin)
    for wrong in ([own.pk], [foreign.pk], [uuid4()], []):
        with pytest.raises(InvalidField):
            services.split_ticket(ticket=ticket, actor=alice, messages=wrong, subject="S")
    assert Ticket.objects.count() == 2


def test_a_snoozed_ticket_comes_back_in_time_once(ticket: Any, alice: Any) -> None:
    with pytest.raises(InvalidField):
        services.snooze_ticket(ticket=ticket, actor=alice, until=timezone.now())
    until = timezone.now() + timedelta(hours=1)
    services.snooze_ticket(ticket=ticket, actor=alice, until=until)
    assert services.wake_snoozed() == "0 back"
    assert services.wake_snoozed(until) == "1 back"
    assert services.wake_snoozed(until) == "0 back"
    assert list(Notification.objects.values_list("kind", flat=True)) == ["ticket.woke"]


def test_a_customers_reply_brings_a_snoozed_ticket_back(
    ticket: Any, alice: Any, carol: Any
) -> None:
    until = timezone.now() + timedelta(hours=1)
    services.snooze_ticket(ticket=ticket, actor=alice, until=until)
    make_message(ticket, alice)
    ticket.refresh_from_db()
    assert ticket.snoozed_until == until
    make_message(ticket, carol)
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None


def test_a_snoozed_ticket_that_is_solved_doesnt_come_back(ticket: Any, alice: Any) -> None:
    until = timezone.now() + timedelta(hours=1)
    services.snooze_ticket(ticket=ticket, actor=alice, until=until)
    services.transition_ticket(ticket=ticket, actor=alice, status="resolved")
    assert services.wake_snoozed(until) == "0 back"
    assert not Notification.objects.filter(kind="ticket.woke").exists()


def test_who_was_put_out_doesnt_come_back_by_a_split(
    ticket: Any, alice: Any, carol: Any, dave: Any
) -> None:
    services.add_participant(ticket=ticket, actor=alice, user=dave)
    said = make_message(ticket, dave)
    services.remove_participant(ticket=ticket, actor=alice, user=dave)
    new = services.split_ticket(ticket=ticket, actor=alice, messages=[said.pk], subject="New")
    assert new.requester == carol
    assert not new.participants.filter(user=dave).exists()


def test_a_retry_after_a_merge_gets_the_first_message(
    ticket: Any, twin: Any, alice: Any, dave: Any
) -> None:
    first = make_message(twin, dave, client_id="m1")
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    again, was_new = services.reply(ticket=twin, actor=dave, content="Again", client_id="m1")
    assert (again.pk, was_new) == (first.pk, False)


def test_of_two_messages_with_one_client_id_the_one_that_is_there_keeps_it(
    ticket: Any, twin: Any, alice: Any
) -> None:
    there = make_message(ticket, alice, client_id="1")
    moved = [make_message(twin, alice, client_id=client_id) for client_id in ("1", "2")]
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    kept = Message.objects.in_bulk([there.pk, *(message.pk for message in moved)])
    assert [message.client_id for message in kept.values()] == ["1", None, "2"]


def test_the_audit_of_both_says_which_messages_moved(ticket: Any, twin: Any, alice: Any) -> None:
    moved = Message.objects.get(ticket=twin)
    services.merge_tickets(ticket=twin, actor=alice, into=ticket)
    for row in (ticket, twin):
        entry = row.audit.get(action="message.moved")
        assert entry.actor == alice
        assert entry.after["message"] == str(moved.pk)
        assert (entry.before["ticket"], entry.after["ticket"]) == (str(twin.pk), str(ticket.pk))


def test_the_first_to_claim_has_it(ticket: Any, alice: Any, admin: Any) -> None:
    services.claim_ticket(ticket=ticket, actor=alice)
    services.claim_ticket(ticket=ticket, actor=alice)
    with pytest.raises(Conflict):
        services.claim_ticket(ticket=ticket, actor=admin)


def test_many_are_done_each_by_itself(ticket: Any, as_alice: Any, bob: Any, billing: Any) -> None:
    hidden = make_ticket(bob, queue=billing)
    closed = make_ticket(ticket.requester, status="closed")
    answer = as_alice.post(
        "/api/v1/tickets/bulk/",
        {
            "tickets": [str(ticket.pk), str(hidden.pk), str(closed.pk)],
            "action": "transition",
            "status": "pending",
        },
    )
    assert answer.status_code == 200
    assert [(row["ok"], row["code"]) for row in answer.json()["results"]] == [
        (True, None),
        (False, "not_found"),
        (False, "illegal_transition"),
    ]
    ticket.refresh_from_db()
    assert ticket.status == "pending"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"tickets": [], "action": "assign", "assignee": None},
        {"tickets": ["x"], "action": "assign", "assignee": None},
        {"tickets": [str(uuid4())], "action": "explode"},
        {"tickets": [str(uuid4())], "action": "assign"},
        {"tickets": [str(uuid4())], "action": "assign", "assignee": "nobody"},
        {"tickets": [str(uuid4())], "action": "change", "changes": {"priority": "x"}},
    ],
)
def test_a_wrong_bulk_is_a_400(as_alice: Any, body: dict[str, Any]) -> None:
    assert as_alice.post("/api/v1/tickets/bulk/", body).status_code == 400


def test_merge_split_snooze_and_claim_over_rest(
    ticket: Any, twin: Any, as_alice: Any, carol: Any
) -> None:
    path = f"/api/v1/tickets/{ticket.pk}/"
    assert as_alice.post(f"{path}claim/").json()["assignee"]["username"] == "alice"
    until = (timezone.now() + timedelta(days=1)).isoformat()
    assert as_alice.post(f"{path}snooze/", {"until": until}).json()["snoozed_until"]
    listed = as_alice.get("/api/v1/tickets/?snoozed=true").json()["results"]
    assert [row["id"] for row in listed] == [str(ticket.pk)]
    assert as_alice.post(f"{path}snooze/", {"until": None}).json()["snoozed_until"] is None
    message = make_message(ticket, carol)
    made = as_alice.post(f"{path}split/", {"subject": "New", "messages": [str(message.pk)]})
    assert (made.status_code, made.json()["subject"]) == (201, "New")
    merged = as_alice.post(f"{path}merge/", {"into": str(twin.pk)})
    assert merged.json()["id"] == str(twin.pk)
    assert as_alice.post(f"{path}merge/", {"into": str(uuid4())}).status_code == 400


def test_a_split_carries_tags_and_fields_over(ticket: Any, alice: Any, carol: Any) -> None:
    ticket.queue.custom_fields = [{"key": "order", "label": "Order"}]
    ticket.queue.save()
    changes = {"tags": ["fire", "printer"], "custom_fields": {"order": "A-1"}}
    services.change_ticket(ticket=ticket, actor=alice, changes=changes)
    other = make_message(ticket, carol, content="By the way, the phone is dead")
    ticket = Ticket.objects.get(pk=ticket.pk)
    new = services.split_ticket(ticket=ticket, actor=alice, messages=[other.pk], subject="Phone")
    assert sorted(tag.name for tag in new.tags.all()) == changes["tags"]
    assert new.custom_fields == changes["custom_fields"]
    told = [e for e in events_of("queue:support") if e["data"]["id"] == str(new.pk)]
    assert [event["type"] for event in told] == ["ticket.created", "ticket.updated"]
    assert (told[0]["data"]["custom_fields"], told[1]["data"]["tags"]) == tuple(
        changes[name] for name in ("custom_fields", "tags")
    )
    audit = {entry.action: entry for entry in new.audit.all()}
    assert audit["ticket.created"].after["custom_fields"] == {"order": "A-1"}
    assert sorted(audit["ticket.tagged"].after["tags"]) == changes["tags"]
    assert {entry.actor for entry in audit.values()} == {alice}
