"""The desk in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tickets.demo import create_agents_group
from tickets.models import Message, Participant, Ticket
from tickets.tests.conftest import events_of, types_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices_browser(alice: Any) -> Client:
    """Alice's browser, with the rights of the demo's agents."""
    alice.groups.add(create_agents_group())
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def office(admin: Any) -> Client:
    """The admin's browser."""
    client = Client()
    client.force_login(admin)
    return client


def page(ticket: Any) -> str:
    return f"/admin/tickets/ticket/{ticket.pk}/change/"


def form_of(ticket: Ticket, **changes: Any) -> dict[str, Any]:
    """What the browser sends when nothing but ``changes`` was touched."""
    return {
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "queue": ticket.queue_id,
        "assignee": ticket.assignee_id or "",
        "messages-TOTAL_FORMS": 1,
        "messages-INITIAL_FORMS": 0,
        "messages-0-kind": "reply",
        "messages-0-content": "",
        "participants-TOTAL_FORMS": 0,
        "participants-INITIAL_FORMS": 0,
        **changes,
    }


def test_an_edit_reaches_the_room_as_the_users_doing(ticket: Any, alices_browser: Client) -> None:
    answer = alices_browser.post(page(ticket), form_of(ticket, priority="urgent"))
    assert answer.status_code == 302
    event = events_of(ticket.room)[-1]
    assert (event["type"], event["sender"]) == ("ticket.updated", "alice")
    assert event["data"]["priority"] == "urgent"


def test_assigning_and_closing_reach_the_room(
    ticket: Any, alices_browser: Client, alice: Any
) -> None:
    alices_browser.post(page(ticket), form_of(ticket, assignee=alice.pk))
    ticket.refresh_from_db()
    alices_browser.post(page(ticket), form_of(ticket, status="closed"))
    assert types_of(ticket.room)[-2:] == ["ticket.assigned", "ticket.status_changed"]


def test_a_reply_and_a_note_are_written_on_the_page(
    ticket: Any, alices_browser: Client, as_carol: Any
) -> None:
    alices_browser.post(page(ticket), form_of(ticket, **{"messages-0-content": "On our way"}))
    ticket.refresh_from_db()
    note = {"messages-0-content": "Bring water", "messages-0-kind": "note"}
    alices_browser.post(page(ticket), form_of(ticket, **note))
    assert "message.new" in types_of(ticket.room)[-3:]
    assert types_of(ticket.notes_room) == ["message.new"]
    said = as_carol.get(f"/api/v1/tickets/{ticket.pk}/messages/").json()["results"]
    assert [message["content"] for message in said][-1] == "On our way"
    shown = alices_browser.get(page(ticket)).content.decode()
    assert "On our way" in shown and "Bring water" in shown


def test_an_illegal_move_is_an_error_of_the_form(ticket: Any, alices_browser: Client) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status="closed")
    answer = alices_browser.post(page(ticket), form_of(ticket, status="pending"))
    assert answer.status_code == 200
    ticket.refresh_from_db()
    assert ticket.status == "closed"


def test_a_page_that_is_out_of_date_changes_nothing(ticket: Any, alices_browser: Client) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(priority="low")
    answer = alices_browser.post(page(ticket), form_of(ticket, priority="high", seen_version=1))
    assert "Somebody changed this ticket meanwhile" in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.priority == "low"


def test_a_ticket_is_filed_for_a_customer(
    support: Any, alices_browser: Client, alice: Any, dave: Any
) -> None:
    answer = alices_browser.post(
        "/admin/tickets/ticket/add/",
        {
            "subject": "Called us",
            "content": "By phone",
            "requester": dave.pk,
            "queue": support.pk,
            "priority": "high",
            "assignee": alice.pk,
        },
    )
    assert answer.status_code == 302
    made = Ticket.objects.get(subject="Called us")
    assert (made.requester, made.assignee, made.created_by) == (dave, alice, alice)
    assert types_of("queue:support") == ["ticket.created", "ticket.assigned"]


def test_a_ticket_is_filed_with_the_fields_of_its_queue(
    support: Any, alices_browser: Client, dave: Any
) -> None:
    support.custom_fields = [{"key": "order", "label": "Order", "required": True}]
    support.save()
    form = {"subject": "Called us", "content": "By phone", "requester": dave.pk}
    form |= {"queue": support.pk, "priority": "high", "assignee": ""}
    path = "/admin/tickets/ticket/add/"
    wrong = alices_browser.post(path, {**form, "custom_fields": '{"order": 5}'})
    assert "order: must be a text." in wrong.content.decode()
    assert not Ticket.objects.exists()
    good = alices_browser.post(path, {**form, "custom_fields": '{"order": "A-1"}'})
    assert good.status_code == 302
    made = Ticket.objects.get()
    assert made.custom_fields == {"order": "A-1"}
    assert "Order: A-1" in alices_browser.get(page(made)).content.decode()
    alices_browser.post(path, {**form, "custom_fields": "{}"})
    assert Ticket.objects.filter(custom_fields={}).count() == 1


def test_a_message_is_written_in_the_list_of_messages(ticket: Any, alices_browser: Client) -> None:
    given = {"ticket": ticket.pk, "kind": "reply", "content": "From the list"}
    none = {"revisions-TOTAL_FORMS": 0, "revisions-INITIAL_FORMS": 0}
    assert alices_browser.post("/admin/tickets/message/add/", {**given, **none}).status_code == 302
    message = Message.objects.get(content="From the list")
    change = f"/admin/tickets/message/{message.pk}/change/"
    assert alices_browser.post(change, {"content": "Edited", **none}).status_code == 302
    assert events_of(ticket.room)[-1]["data"]["content"] == "Edited"


def test_what_a_service_refuses_is_said_on_the_page(
    ticket: Any, billing: Any, alices_browser: Client, dave: Any
) -> None:
    filed = {"subject": "S", "content": "C", "requester": dave.pk, "priority": "low"}
    answer = alices_browser.post(
        "/admin/tickets/ticket/add/", {**filed, "queue": billing.pk}, follow=True
    )
    assert "Only agents of this ticket can do that." in answer.content.decode()
    Ticket.objects.filter(pk=ticket.pk).update(status="merged")
    said = {"ticket": ticket.pk, "kind": "reply", "content": "Too late"}
    none = {"revisions-TOTAL_FORMS": 0, "revisions-INITIAL_FORMS": 0}
    answer = alices_browser.post("/admin/tickets/message/add/", {**said, **none}, follow=True)
    assert "The ticket was merged into another one." in answer.content.decode()
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)


def test_people_are_added_on_the_page(ticket: Any, alices_browser: Client, dave: Any) -> None:
    row = {
        "participants-TOTAL_FORMS": 1,
        "participants-0-user": dave.pk,
        "participants-0-role": "cc",
    }
    assert alices_browser.post(page(ticket), form_of(ticket, **row)).status_code == 302
    assert Participant.objects.filter(ticket=ticket, user=dave, role="cc").exists()


@pytest.mark.parametrize(
    ("action", "status"), [("resolve", "resolved"), ("close", "closed"), ("assign_to_me", "new")]
)
def test_actions_go_through_the_services(
    ticket: Any, alices_browser: Client, alice: Any, action: str, status: str
) -> None:
    chosen = {"action": action, "_selected_action": [str(ticket.pk)]}
    assert alices_browser.post("/admin/tickets/ticket/", chosen).status_code == 302
    ticket.refresh_from_db()
    assert ticket.status == status
    assert (ticket.assignee == alice) == (action == "assign_to_me")


def test_an_action_says_what_it_could_not_do(ticket: Any, alices_browser: Client) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status="closed")
    chosen = {"action": "resolve", "_selected_action": [str(ticket.pk)]}
    answer = alices_browser.post("/admin/tickets/ticket/", chosen, follow=True)
    assert "A ticket that is closed can&#x27;t become resolved." in answer.content.decode()


def test_agents_meet_only_tickets_they_work_on(ticket: Any, bob: Any, billing: Any) -> None:
    bob.groups.add(create_agents_group())
    client = Client()
    client.force_login(bob)
    assert f"#{ticket.number}" not in client.get("/admin/tickets/ticket/").content.decode()
    assert client.get(page(ticket)).status_code == 302
    assert "printer" not in client.get("/admin/tickets/message/").content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "calendar/add/",
        "slapolicy/add/",
        "slaclock/",
        "cannedreply/add/",
        "savedfilter/add/",
        "rating/",
        "trigger/add/",
        "ticket/",
        "ticket/add/",
        "message/",
        "message/add/",
        "queue/",
        "tag/",
        "ticketevent/",
    ],
)
def test_every_page_opens(ticket: Any, office: Client, path: str) -> None:
    assert office.get(f"/admin/tickets/{path}").status_code == 200
