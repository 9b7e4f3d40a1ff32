"""The desk in the admin: its lists, their actions, and what nobody finds there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from tickets import services
from tickets.demo import create_agents_group
from tickets.models import CannedReply, Message, SavedFilter, Ticket
from tickets.tests.conftest import browser_of, events_of
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


def test_a_message_is_written_in_the_list_of_messages(ticket: Any, alices_browser: Client) -> None:
    given = {"ticket": ticket.pk, "kind": "reply", "content": "From the list"}
    none = {"revisions-TOTAL_FORMS": 0, "revisions-INITIAL_FORMS": 0}
    assert alices_browser.post("/admin/tickets/message/add/", {**given, **none}).status_code == 302
    message = Message.objects.get(content="From the list")
    change = f"/admin/tickets/message/{message.pk}/change/"
    assert alices_browser.post(change, {"content": "Edited", **none}).status_code == 302
    assert events_of(ticket.room)[-1]["data"]["content"] == "Edited"


def test_what_a_service_refuses_is_said_beside_what_was_typed(
    ticket: Any, alices_browser: Client
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status="merged")
    said = {"ticket": ticket.pk, "kind": "reply", "content": "Too late"}
    none = {"revisions-TOTAL_FORMS": 0, "revisions-INITIAL_FORMS": 0}
    page = alices_browser.post("/admin/tickets/message/add/", {**said, **none}).content.decode()
    assert "The ticket was merged into another one." in page and "Too late" in page
    assert Message.objects.count() == 1


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


@pytest.mark.parametrize(("chosen", "left"), [("", "alice"), ("bob", "bob"), ("²", "alice")])
def test_assigning_to_nobody_leaves_it_where_it_is(
    ticket: Any, alices_browser: Client, alice: Any, bob: Any, chosen: str, left: str
) -> None:
    services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
    given = {"action": "assign", "_selected_action": [str(ticket.pk)]}
    assignee = bob.pk if chosen == "bob" else chosen
    answer = alices_browser.post(
        "/admin/tickets/ticket/", {**given, "assignee": assignee}, follow=True
    )
    assert ("Choose an agent." in answer.content.decode().split("<table")[0]) == (chosen == "")
    ticket.refresh_from_db()
    assert ticket.assignee.username == left


def test_an_action_says_what_it_could_not_do(ticket: Any, alices_browser: Client) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status="closed")
    chosen = {"action": "resolve", "_selected_action": [str(ticket.pk)]}
    answer = alices_browser.post("/admin/tickets/ticket/", chosen, follow=True)
    assert "A ticket that is closed can&#x27;t become resolved." in answer.content.decode()


def test_agents_meet_only_tickets_they_work_on(ticket: Any, bob: Any, billing: Any) -> None:
    bob.groups.add(create_agents_group())
    client = browser_of(bob)
    assert f"#{ticket.number}" not in client.get("/admin/tickets/ticket/").content.decode()
    assert client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").status_code == 302
    assert "printer" not in client.get("/admin/tickets/message/").content.decode()


def test_no_list_of_the_admin_tells_an_agent_of_other_queues(
    support: Any, alice: Any, bob: Any, carol: Any
) -> None:
    """Alice's queue has something secret wherever there is text; Bob has the rights of the demo's agents."""
    ticket = make_ticket(carol, queue=support, subject="Secret subject", content="Secret question")
    services.add_note(ticket=ticket, actor=alice, content="Secret note, @alice")
    services.change_ticket(ticket=ticket, actor=alice, changes={"subject": "Secret too"})
    said, _ = services.reply(ticket=ticket, actor=alice, content="Secret reply")
    services.edit_message(message=said, actor=alice, content="Secret correction")
    services.transition_ticket(ticket=ticket, actor=alice, status="resolved")
    services.rate_ticket(ticket=ticket, actor=carol, score=5, comment="Secret praise")
    CannedReply.objects.create(name="Secret text", content="Secret", queue=support)
    SavedFilter.objects.create(owner=alice, name="Secret search", query="secret")
    for agent in (alice, bob):
        agent.groups.add(create_agents_group())
    known = {"ticket", "message", "rating", "ticketevent", "cannedreply", "savedfilter"}
    assert lists_with_secrets(alice) == known
    assert lists_with_secrets(bob) == set()


def lists_with_secrets(user: Any) -> set[str]:
    """The models in whose lists a user, who may see them, reads or finds secrets."""
    client = browser_of(user)

    def tells(path: str, **query: str) -> bool:
        return bool(re.search("Secret [a-z]", client.get(path, query).content.decode()))

    models = [model._meta for model in admin.site._registry]
    return {
        str(meta.model_name)
        for meta in models
        if user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
        and (path := f"/admin/{meta.app_label}/{meta.model_name}/")
        and (tells(path) or tells(path, q="Secret"))
    }


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
