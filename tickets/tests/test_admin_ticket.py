"""The page of one ticket in the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from tickets import services
from tickets.demo import create_agents_group
from tickets.models import Message, Participant, Ticket
from tickets.sla import retarget_queue
from tickets.tests.conftest import browser_of, events_of, types_of
from tickets.tests.factories import make_participant, make_policy

pytestmark = pytest.mark.django_db


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
    assert "By phone" in wrong.content.decode()
    assert not Ticket.objects.exists()
    good = alices_browser.post(path, {**form, "custom_fields": '{"order": "A-1"}'})
    assert good.status_code == 302
    made = Ticket.objects.get()
    assert made.custom_fields == {"order": "A-1"}
    assert "Order: A-1" in alices_browser.get(page(made)).content.decode()
    alices_browser.post(path, {**form, "custom_fields": "{}"})
    assert Ticket.objects.filter(custom_fields={}).count() == 1


def test_agents_are_offered_their_queues_for_a_new_ticket(
    support: Any, billing: Any, alices_browser: Client, office: Client, dave: Any
) -> None:
    path = "/admin/tickets/ticket/add/"

    def offered(client: Client) -> set[Any]:
        return set(client.get(path).context["adminform"].form.fields["queue"].queryset)

    assert (offered(alices_browser), offered(office)) == ({support}, {support, billing})
    form = {"subject": "S", "content": "What was typed", "requester": dave.pk, "priority": "low"}
    answer = alices_browser.post(path, {**form, "queue": billing.pk})
    assert (answer.status_code, Ticket.objects.count()) == (200, 0)
    assert "What was typed" in answer.content.decode()


def test_of_a_page_of_which_something_is_refused_nothing_is_saved(
    ticket: Any, alices_browser: Client
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status="merged")
    changes = {"status": "merged", "priority": "urgent", "messages-0-content": "Too late"}
    text = alices_browser.post(page(ticket), form_of(ticket, **changes)).content.decode()
    assert text.count("The ticket was merged into another one.") == 1
    assert "Too late" in text and "changed successfully" not in text
    assert not LogEntry.objects.exists()
    ticket.refresh_from_db()
    assert (ticket.priority, Message.objects.count()) == ("normal", 1)


def test_a_reply_is_said_before_the_ticket_is_handed_over(
    ticket: Any, billing: Any, alices_browser: Client, alice: Any, bob: Any
) -> None:
    """To another queue, and by an agent who sees it as its assignee only."""
    given = {"queue": billing.pk, "assignee": alice.pk, "messages-0-content": "I take it along"}
    assert alices_browser.post(page(ticket), form_of(ticket, **given)).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.queue, ticket.assignee) == (billing, alice)
    given = {"assignee": bob.pk, "priority": "high", "messages-0-content": "Bob goes on"}
    assert alices_browser.post(page(ticket), form_of(ticket, **given)).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.priority) == (bob, "high")
    said = [message.content for message in ticket.messages.all()]
    assert said[1:] == ["I take it along", "Bob goes on"]


def test_an_assignee_who_is_no_agent_any_more_stays_until_another_is_chosen(
    ticket: Any, alices_browser: Client, bob: Any, alice: Any
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(assignee=bob)
    bob.is_active = False
    bob.save()
    ticket.refresh_from_db()
    alices_browser.post(page(ticket), form_of(ticket, priority="urgent"))
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.assignee) == ("urgent", bob)
    alices_browser.post(page(ticket), form_of(ticket, assignee=alice.pk))
    ticket.refresh_from_db()
    assert ticket.assignee == alice


def test_files_and_promises_are_on_the_page(
    ticket: Any, support: Any, alices_browser: Client, alice: Any, bob: Any
) -> None:
    file = services.attach_file(
        ticket=ticket, actor=alice, name="plan.txt", content=b"The plan", internal=True
    )
    services.add_note(ticket=ticket, actor=alice, content="See", attachments=[str(file.pk)])
    support.sla_policy = make_policy(first_response=60, resolution=600)
    support.save()
    retarget_queue(support)
    overdue, due = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=9)
    ticket.clocks.filter(metric="first_response").update(due_at=overdue)
    ticket.clocks.filter(metric="resolution").update(due_at=due)
    text = alices_browser.get(page(ticket)).content.decode()
    assert f"First response: overdue since {overdue:%Y-%m-%d %H:%M} UTC" in text
    assert f"Resolution: due {due:%Y-%m-%d %H:%M} UTC" in text
    path = f"/admin/tickets/ticket/{ticket.pk}/files/{file.pk}/"
    assert f'href="{path}"' in text and "plan.txt" in text
    answer = alices_browser.get(path, follow=True)
    assert b"".join(answer.streaming_content) == b"The plan"
    bob.groups.add(create_agents_group())
    outside = browser_of(bob)
    assert outside.get(path).status_code == 404


def test_fields_of_the_queue_are_changed_on_the_page(
    ticket: Any, support: Any, alices_browser: Client
) -> None:
    assert "custom_fields" not in alices_browser.get(page(ticket)).content.decode()
    support.custom_fields = [{"key": "order", "label": "Order", "required": True}]
    support.save()
    Ticket.objects.filter(pk=ticket.pk).update(custom_fields={"order": "A-1", "serial": "X"})
    ticket.refresh_from_db()

    def save(fields: str) -> str:
        answer = alices_browser.post(page(ticket), form_of(ticket, custom_fields=fields))
        ticket.refresh_from_db()
        return answer.content.decode()

    save('{"order": "A-1"}')
    assert not ticket.audit.filter(actor_name="alice").exists()
    assert "order: must be a text." in save('{"order": 5}')
    assert all("or {} for none" in save(wrong) for wrong in ("5", "[5]", '"order"'))
    assert all("order is required." in save(empty) for empty in ("", "{}", "null"))
    save('{"order": "A-2"}')
    assert ticket.custom_fields == {"order": "A-2", "serial": "X"}


def test_people_are_added_on_the_page(ticket: Any, alices_browser: Client, dave: Any) -> None:
    row = {
        "participants-TOTAL_FORMS": 1,
        "participants-0-user": dave.pk,
        "participants-0-role": "cc",
    }
    assert alices_browser.post(page(ticket), form_of(ticket, **row)).status_code == 302
    assert Participant.objects.filter(ticket=ticket, user=dave, role="cc").exists()


def test_who_takes_part_is_removed_and_not_turned_into_somebody_else(
    ticket: Any, alices_browser: Client, bob: Any, dave: Any
) -> None:
    given = make_participant(ticket, bob, role="cc")
    row = {
        "participants-TOTAL_FORMS": 1,
        "participants-INITIAL_FORMS": 1,
        "participants-0-id": given.pk,
        "participants-0-user": dave.pk,
        "participants-0-role": "watcher",
    }

    def others() -> list[tuple[Any, str]]:
        rows = Participant.objects.filter(ticket=ticket).exclude(role="requester")
        return [(row.user, row.role) for row in rows]

    [inline] = alices_browser.get(page(ticket)).context["inline_admin_formsets"][1:]
    assert [form["user"].field.disabled for form in inline.formset.initial_forms] == [True]
    alices_browser.post(page(ticket), form_of(ticket, **row))
    assert others() == [(bob, "watcher")]
    alices_browser.post(page(ticket), form_of(ticket, **row, **{"participants-0-DELETE": "on"}))
    assert others() == []
