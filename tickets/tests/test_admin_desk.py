"""Prepared texts and saved searches in the admin, and rows in and out of it as files."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tickets import services
from tickets.models import Calendar, CannedReply, Queue, SavedFilter, Tag, Ticket, Trigger
from tickets.tests.conftest import client_of
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db

CALENDARS = "/admin/tickets/calendar/"
REPLIES, FILTERS = "/admin/tickets/cannedreply/", "/admin/tickets/savedfilter/"


@pytest.fixture
def texts(support: Any, billing: Any, alice: Any, bob: Any) -> dict[str, CannedReply]:
    """Bob's text for all, his for his own queue, and Alice's."""
    made = (("all", None, bob), ("billing", billing, bob), ("support", support, alice))
    return {
        name: CannedReply.objects.create(name=name, content="C", queue=queue, created_by=user)
        for name, queue, user in made
    }


@pytest.fixture
def searches(alice: Any, bob: Any) -> dict[str, SavedFilter]:
    """Bob's private search, his shared one, and Alice's."""
    made = (("private", bob, False), ("shared", bob, True), ("own", alice, False))
    return {
        name: SavedFilter.objects.create(name=name, owner=user, query="x", shared=shared)
        for name, user, shared in made
    }


def names_in(client: Client, url: str) -> list[str]:
    found = sorted(row.name for row in client.get(url).context["cl"].result_list)
    text = client.post(f"{url}export/", {"format": 0}).content.decode()
    assert sorted(row["name"] for row in csv.DictReader(text.splitlines())) == found
    return found


def test_agents_meet_and_give_out_the_texts_and_searches_that_are_theirs_or_shared(
    alices_browser: Client, office: Client, texts: Any, searches: Any
) -> None:
    assert names_in(alices_browser, REPLIES) == ["all", "support"]
    assert names_in(alices_browser, FILTERS) == ["own", "shared"]
    assert names_in(office, REPLIES) == ["all", "billing", "support"]
    assert names_in(office, FILTERS) == ["own", "private", "shared"]


def test_agents_change_their_own_and_superusers_everybodys(
    alices_browser: Client, office: Client, texts: Any, searches: Any
) -> None:
    def change(client: Client, url: str, row: Any) -> int:
        given = {"name": "New", "content": "C", "query": "x", "owner": row_owner(row)}
        return client.post(f"{url}{row.pk}/change/", given).status_code

    def row_owner(row: Any) -> Any:
        return getattr(row, "owner_id", "")

    rows = [(REPLIES, row) for row in texts.values()] + [(FILTERS, s) for s in searches.values()]
    # Not found is led back to the start, as the admin does; so is what was saved.
    answers = [change(alices_browser, url, row) for url, row in rows]
    assert answers == [403, 302, 302, 302, 403, 302]
    changed = {*CannedReply.objects.filter(name="New"), *SavedFilter.objects.filter(name="New")}
    assert changed == {texts["support"], searches["own"]}
    assert {change(office, url, row) for url, row in rows[:4]} == {302}
    assert CannedReply.objects.filter(name="New").count() == 3
    assert SavedFilter.objects.filter(name="New").count() == 2


def test_agents_make_rows_for_themselves_and_their_queues_only(
    alices_browser: Client, alice: Any, bob: Any, support: Any, billing: Any
) -> None:
    def made(url: str, **given: Any) -> bool:
        answer = alices_browser.post(f"{url}add/", {"name": "N", **given})
        assert answer.status_code in (200, 302)
        return answer.status_code == 302

    assert made(REPLIES, content="C", queue=support.pk)
    assert not made(REPLIES, content="C", queue=billing.pk)
    assert made(FILTERS, query="x", owner=alice.pk)
    assert not made(FILTERS, query="x", owner=alice.pk)  # the name is taken
    assert not made(FILTERS, query="x", owner=bob.pk)
    assert CannedReply.objects.get().created_by == alice
    assert SavedFilter.objects.get().owner == alice


def test_a_file_changes_nothing_that_isnt_its_bringers(
    alices_browser: Client, alice: Any, texts: Any, searches: Any
) -> None:
    def refused(model: str, text: str) -> bool:
        return "yours to change" in imported(alices_browser, model, text.encode())

    theirs = [texts["all"].pk, texts["billing"].pk]
    assert all(refused("cannedreply", f"id,name,content\n{pk},Mine,C\n") for pk in theirs)
    assert refused("cannedreply", "id,name,content,queue\n,Mine,C,billing\n")
    assert refused("savedfilter", f"id,name,query\n{searches['private'].pk},Mine,x\n")
    assert refused("savedfilter", "id,name,query,owner\n,Mine,x,bob\n")
    assert not CannedReply.objects.filter(name="Mine").exists()
    assert not SavedFilter.objects.filter(name="Mine").exists()
    assert (
        imported(alices_browser, "cannedreply", b"id,name,content,queue\n,Mine,C,support\n") == ""
    )
    assert imported(alices_browser, "savedfilter", b"id,name,query\n,Mine,x\n") == ""
    assert CannedReply.objects.get(name="Mine").created_by == alice
    assert SavedFilter.objects.get(name="Mine").owner == alice


def test_the_list_is_given_out_as_a_file(
    ticket: Any, bob: Any, billing: Any, carol: Any, alices_browser: Client, alice: Any
) -> None:
    services.change_ticket(ticket=ticket, actor=alice, changes={"tags": ["vip", "fire"]})
    Ticket.objects.filter(pk=ticket.pk).update(subject="=HYPERLINK(1)")
    make_ticket(carol, queue=billing, subject="Not hers to see")
    answer = alices_browser.post("/admin/tickets/ticket/export/", {"format": 0})
    assert answer.status_code == 200
    [row] = csv.DictReader(answer.content.decode().splitlines())
    assert row["number"] == str(ticket.number)
    assert row["subject"] == "HYPERLINK(1)"
    assert (row["queue"], row["requester"], row["tags"]) == ("support", "carol", "fire vip")


def test_prepared_texts_come_in_from_a_file_and_wrong_rules_dont(
    support: Any, office: Client
) -> None:
    texts = b"id,name,content,queue\n,Hello,Hello {customer},support\n"
    assert imported(office, "cannedreply", texts) == ""
    assert CannedReply.objects.get().queue == support
    rules = b'id,name,active,position,event,condition,actions\n,R,1,1,ticket.created,,"[{""do"": ""fly""}]"\n'
    assert "fly" in imported(office, "trigger", rules)
    assert not Trigger.objects.exists()


def test_an_emptied_box_means_an_empty_list(support: Any, office: Client) -> None:
    calendar = Calendar.objects.create(name="Office", holidays=["2026-12-25"])
    given = {"name": "Office", "timezone": "UTC", "hours": '{"mon": [["09:00", "17:00"]]}'}
    answer = office.post(f"{CALENDARS}{calendar.pk}/change/", {**given, "holidays": ""})
    assert answer.status_code == 302
    Queue.objects.update(custom_fields=[{"key": "order", "label": "Order"}])
    assert changed(office, support, custom_fields="").status_code == 302
    calendar.refresh_from_db()
    support.refresh_from_db()
    assert (calendar.holidays, support.custom_fields) == ([], [])


def test_fields_of_a_queue_that_are_no_list_are_refused(support: Any, office: Client) -> None:
    answer = changed(office, support, custom_fields="{}")
    assert "Expected `array`, got `object`" in answer.content.decode()
    assert "SLA policy" in answer.content.decode()
    support.refresh_from_db()
    assert support.custom_fields == []


def changed(client: Client, queue: Queue, **changes: Any) -> Any:
    """The answer to a queue's form as the browser sends it."""
    given = {"name": queue.name, "slug": queue.slug, "auto_assignment": "off", **changes}
    none = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    return client.post(f"/admin/tickets/queue/{queue.pk}/change/", {**given, **none})


def test_a_wrong_time_zone_is_not_called_wrong_hours(office: Client) -> None:
    given = {"name": "Office", "timezone": "Mars/Base", "holidays": ""}
    answer = office.post(f"{CALENDARS}add/", {**given, "hours": '{"mon": [["09:00", "17:00"]]}'})
    text = answer.content.decode()
    assert "Write a time zone such as Europe/Berlin." in text
    assert "Hours are" not in text and "Holidays are" not in text


def test_a_trigger_that_cannot_work_any_more_is_switched_off_in_the_list(office: Client) -> None:
    actions = [{"do": "assign", "to": "nobody"}]
    rule = Trigger.objects.create(name="R", event="ticket.created", actions=actions)
    row = {"form-0-id": rule.pk, "form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "_save": "Save"}
    assert office.post("/admin/tickets/trigger/", row).status_code == 302
    rule.refresh_from_db()
    assert not rule.active
    answer = office.post(
        f"/admin/tickets/trigger/{rule.pk}/change/",
        {"name": "R", "event": rule.event, "position": 1, "actions": json.dumps(actions)},
    )
    assert "There is no active user &#x27;nobody&#x27;." in answer.content.decode()


def test_a_tag_is_one_however_it_is_written(ticket: Ticket, office: Client, alice: Any) -> None:
    assert imported(office, "tag", b"name\nVIP\n") == ""
    assert imported(office, "tag", b"name\nvip\nVip\n") == ""
    again = office.post("/admin/tickets/tag/add/", {"name": "VIP"})
    assert "already exists" in again.content.decode()
    services.change_ticket(ticket=ticket, actor=alice, changes={"tags": ["VIP"]})
    assert [tag.name for tag in Tag.objects.all()] == ["vip"]
    shown = client_of(alice).get("/api/v1/tickets/?tag=VIP").json()["results"]
    assert [row["tags"] for row in shown] == [["vip"]]


def imported(client: Client, model: str, text: bytes) -> str:
    """Imports a CSV file as the browser does, in two steps; what the page says against it, if anything."""
    url = f"/admin/tickets/{model}/"
    file = SimpleUploadedFile("rows.csv", text)
    preview = client.post(f"{url}import/", {"format": 0, "import_file": file})
    assert preview.status_code == 200
    confirm = preview.context.get("confirm_form")
    if confirm is None:
        return preview.content.decode()
    done = client.post(f"{url}process_import/", confirm.initial)
    assert done.status_code == 302
    return ""
