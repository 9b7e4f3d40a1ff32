"""The desk over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tickets import services
from tickets.models import (
    SLAClock,
    Ticket,
)
from tickets.tests.factories import (
    make_message,
    make_policy,
    make_ticket,
)

pytestmark = pytest.mark.django_db


def url(ticket: Any, rest: str = "") -> str:
    return f"/api/v1/tickets/{ticket.pk}/{rest}"


def test_a_ticket_is_filed_once_however_often_it_is_sent(as_carol: Any, support: Any) -> None:
    body = {"subject": "Help", "content": "Please"}
    first = as_carol.post("/api/v1/tickets/", body, HTTP_IDEMPOTENCY_KEY="k1")
    again = as_carol.post("/api/v1/tickets/", body, HTTP_IDEMPOTENCY_KEY="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert first["Location"].endswith(f"/api/v1/tickets/{first.json()['id']}/")


def test_ids_are_strings_and_times_end_in_z(ticket: Any, as_carol: Any, carol: Any) -> None:
    shown = as_carol.get(url(ticket)).json()
    assert shown["id"] == str(ticket.pk)
    assert shown["requester"]["id"] == str(carol.pk)
    assert shown["created_at"].endswith("Z")


def test_a_ticket_is_a_snapshot_with_an_etag(ticket: Any, as_alice: Any, as_carol: Any) -> None:
    response = as_alice.get(url(ticket))
    assert response["ETag"] == '"1"'
    assert response.json()["notes"]["seq"] == 0
    assert {"seq", "epoch"} <= set(response.json())
    assert "notes" not in as_carol.get(url(ticket)).json()


def test_customers_arent_shown_what_is_for_agents(ticket: Any, as_carol: Any) -> None:
    one = as_carol.get(url(ticket)).json()
    many = as_carol.get("/api/v1/tickets/").json()["results"][0]
    for shown in (one, many):
        assert not {"tags", "custom_fields", "snoozed_until"} & set(shown)


def test_an_agent_isnt_shown_what_another_team_knows_of_the_own_request(
    ticket: Any, bob: Any, as_bob: Any, support: Any
) -> None:
    make_ticket(bob, queue=support)
    [shown] = as_bob.get("/api/v1/tickets/").json()["results"]
    assert not {"tags", "custom_fields", "snoozed_until", "clocks"} & set(shown)


@pytest.mark.parametrize("query", ["tag=vip", "snoozed=true", "overdue=true", "q=is:snoozed"])
def test_customers_cant_ask_for_what_is_for_agents(
    ticket: Any, alice: Any, as_alice: Any, as_carol: Any, query: str
) -> None:
    services.change_ticket(ticket=ticket, actor=alice, changes={"tags": ["vip"]})
    now = timezone.now()
    tomorrow = now + timedelta(days=1)
    services.snooze_ticket(ticket=ticket, actor=alice, until=tomorrow)
    SLAClock.objects.create(
        ticket=ticket,
        policy=make_policy(resolution=1),
        metric="resolution",
        target=60,
        remaining=0,
        since=now,
        breached_at=now,
    )
    path = f"/api/v1/tickets/?{query}"
    assert [row["id"] for row in as_alice.get(path).json()["results"]] == [str(ticket.pk)]
    assert as_carol.get(path).json()["results"] == []


def test_what_was_answered_late_isnt_overdue_any_more(
    carol: Any, alice: Any, support: Any, as_alice: Any
) -> None:
    support.sla_policy = make_policy(first_response=60, resolution=480)
    support.save()
    ticket = make_ticket(carol, queue=support)
    late = ticket.clocks.filter(metric="first_response")
    late.update(breached_at=timezone.now())

    def overdue() -> tuple[int, int]:
        lists = (
            as_alice.get(f"/api/v1/tickets/?{q}").json() for q in ("overdue=true", "q=is:overdue")
        )
        first, second = (len(found["results"]) for found in lists)
        return first, second

    assert overdue() == (1, 1)
    make_message(ticket, alice)
    assert late.get().state == "stopped"
    assert overdue() == (0, 0)


def test_to_customers_nothing_is_snoozed_or_overdue(ticket: Any, alice: Any, as_carol: Any) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    services.snooze_ticket(ticket=ticket, actor=alice, until=tomorrow)
    for query in ("snoozed=false", "overdue=false", "q=-is:snoozed"):
        assert len(as_carol.get(f"/api/v1/tickets/?{query}").json()["results"]) == 1


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("get", ""),
        ("patch", ""),
        ("get", "messages/"),
        ("post", "messages/"),
        ("post", "assign/"),
        ("post", "transition/"),
        ("post", "read/"),
        ("get", "participants/"),
        ("post", "participants/"),
        ("get", "events/"),
    ],
)
def test_a_ticket_that_one_cant_see_looks_like_none(
    ticket: Any, as_dave: Any, method: str, rest: str
) -> None:
    hidden = getattr(as_dave, method)(url(ticket, rest), {})
    missing = getattr(as_dave, method)(f"/api/v1/tickets/{uuid4()}/{rest}", {})
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json() == missing.json()
    assert hidden.json()["code"] == "not_found"


def test_a_change_needs_the_version_it_changes(ticket: Any, as_alice: Any) -> None:
    change = {"priority": "high"}
    missing = as_alice.patch(url(ticket), change)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    done = as_alice.patch(url(ticket), change, HTTP_IF_MATCH='"1"')
    assert (done.status_code, done["ETag"]) == (200, '"2"')
    stale = as_alice.patch(url(ticket), {"priority": "low"}, HTTP_IF_MATCH='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert stale.json()["current"]["priority"] == "high"
    assert as_alice.patch(url(ticket), change, HTTP_IF_MATCH="nonsense").status_code == 412
    assert as_alice.patch(url(ticket), change, HTTP_IF_MATCH="*").status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("status", "solved"), ("assignee", "bob"), ("assignee", None), ("title", "Ink")),
        *(
            ("requester", "bob"),
            ("number", 7),
            ("id", "7"),
            ("snoozed_until", "2031-01-01T00:00:00Z"),
        ),
        *(
            ("merged_into", "7"),
            ("queue_name", "Sales"),
            ("subjct", "Ink"),
            ("", 1),
            ("version2", 1),
        ),
    ],
)
def test_what_cant_be_changed_there_is_refused_by_name_and_nothing_is_stored(
    ticket: Any, alice: Any, bob: Any, as_alice: Any, name: str, value: Any
) -> None:
    services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
    before = as_alice.get(url(ticket)).json()
    value = str(bob.pk) if value == "bob" else value
    change = {name: value, "priority": "urgent", "nonsense": True}
    refused = as_alice.patch(url(ticket), change, HTTP_IF_MATCH="*")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_field")
    assert set(refused.json()["fields"]) == {name, "nonsense"}
    assert as_alice.get(url(ticket)).json() == before
    stale = as_alice.patch(url(ticket), change, HTTP_IF_MATCH='"1"')
    assert stale.status_code == 400, "whoever is stale is still told of names that are none"


def test_a_ticket_may_be_sent_back_whole(
    ticket: Any, alice: Any, as_alice: Any, as_carol: Any
) -> None:
    services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
    read = as_alice.get(url(ticket))
    # What moves by itself has moved since.
    as_carol.post(url(ticket, "messages/"), {"content": "Hello?"})
    whole = {**read.json(), "subject": "Ink"}
    done = as_alice.patch(url(ticket), whole, HTTP_IF_MATCH=read["ETag"])
    assert (done.status_code, done.json()["subject"]) == (200, "Ink")
    by_id = {"assignee": str(alice.pk), "priority": "high"}
    assert as_alice.patch(url(ticket), by_id, HTTP_IF_MATCH="*").json()["priority"] == "high"
    stale = as_alice.patch(url(ticket), {**whole, "title": "Paper"}, HTTP_IF_MATCH=read["ETag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")


def test_what_agents_know_is_a_name_like_any_other_to_customers(
    ticket: Any, alice: Any, as_carol: Any
) -> None:
    for until in (None, "2031-01-01T00:00:00Z"):
        refused = as_carol.patch(url(ticket), {"snoozed_until": until}, HTTP_IF_MATCH="*")
        assert (refused.status_code, set(refused.json()["fields"])) == (400, {"snoozed_until"})


def test_many_tickets_at_once_take_no_other_names_either(ticket: Any, as_alice: Any) -> None:
    body = {"tickets": [str(ticket.pk)], "action": "change", "changes": {"status": "closed"}}
    refused = as_alice.post("/api/v1/tickets/bulk/", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_field")
    assert set(refused.json()["fields"]["changes"]) == {"status"}


def test_customers_cant_change_a_ticket(ticket: Any, as_carol: Any) -> None:
    refused = as_carol.patch(url(ticket), {"priority": "high"}, HTTP_IF_MATCH='"1"')
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_an_illegal_move_lists_the_legal_ones(ticket: Any, as_alice: Any) -> None:
    as_alice.post(url(ticket, "transition/"), {"status": "closed"})
    refused = as_alice.post(url(ticket, "transition/"), {"status": "pending"})
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")
    assert refused.json()["legal"] == ["open"]


def test_assigning_and_taking_back(ticket: Any, as_alice: Any, alice: Any) -> None:
    done = as_alice.post(url(ticket, "assign/"), {"assignee": str(alice.pk)})
    assert done.json()["assignee"]["username"] == "alice"
    assert as_alice.post(url(ticket, "assign/"), {"assignee": None}).json()["assignee"] is None
    wrong = as_alice.post(url(ticket, "assign/"), {"assignee": "99999"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_field")


def test_a_message_is_posted_once_and_has_its_number(ticket: Any, as_carol: Any) -> None:
    body = {"content": "Hello?", "client_id": "m1"}
    first = as_carol.post(url(ticket, "messages/"), body)
    again = as_carol.post(url(ticket, "messages/"), body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["author"]["username"] == "carol"


def test_notes_are_among_the_messages_for_agents_only(
    ticket: Any, as_alice: Any, as_carol: Any
) -> None:
    made = as_alice.post(url(ticket, "messages/"), {"content": "Psst", "kind": "note"})
    assert made.status_code == 201
    note_url = url(ticket, f"messages/{made.json()['id']}/")
    assert len(as_alice.get(url(ticket, "messages/")).json()["results"]) == 2
    assert len(as_carol.get(url(ticket, "messages/")).json()["results"]) == 1
    assert as_carol.get(note_url).status_code == 404
    assert as_carol.patch(note_url, {"content": "x"}).status_code == 404
    assert as_carol.delete(note_url).status_code == 404
    assert as_carol.post(f"{note_url}reactions/", {"emoji": "👍"}).status_code == 404
    refused = as_carol.post(url(ticket, "messages/"), {"content": "x", "kind": "note"})
    assert refused.status_code == 403


def test_null_stands_for_what_is_left_out(as_carol: Any, support: Any) -> None:
    nothing = {"priority": None, "queue": None, "client_id": None, "requester": None}
    made = as_carol.post("/api/v1/tickets/", {"subject": "A", "content": "B", **nothing})
    assert (made.status_code, made.json()["priority"]) == (201, "normal")
    said = as_carol.post(
        f"/api/v1/tickets/{made.json()['id']}/messages/",
        {"content": "C", "kind": None, "client_id": None, "in_reply_to": None},
    )
    assert (said.status_code, said.json()["kind"]) == (201, "reply")


def test_reactions_come_and_go(ticket: Any, as_carol: Any) -> None:
    message = as_carol.get(url(ticket, "messages/")).json()["results"][0]["id"]
    made = as_carol.post(url(ticket, f"messages/{message}/reactions/"), {"emoji": "👍"})
    assert made.status_code == 201
    assert made.json()["reactions"][0]["count"] == 1
    gone = as_carol.delete(url(ticket, f"messages/{message}/reactions/👍/"))
    assert gone.status_code == 204
    assert as_carol.get(url(ticket, f"messages/{message}/")).json()["reactions"] == []


@pytest.mark.django_db(transaction=True)
def test_messages_after_and_before_a_number(ticket: Any, as_carol: Any, carol: Any) -> None:
    for i in range(5):
        make_message(ticket, carol, content=f"{i}")
    every = as_carol.get(url(ticket, "messages/")).json()
    numbers = [message["seq"] for message in every["results"]]
    assert numbers == sorted(numbers) and None not in numbers
    after = as_carol.get(url(ticket, f"messages/?after_seq={numbers[3]}")).json()
    assert [message["content"] for message in after["results"]] == ["3", "4"]
    before = as_carol.get(url(ticket, f"messages/?before_seq={numbers[4]}&page_size=2")).json()
    assert [message["content"] for message in before["results"]] == ["1", "2"]
    older = as_carol.get(before["next"]).json()
    assert [m["content"] for m in older["results"]][-1] == "0"


def test_after_the_largest_number_there_is_nothing(ticket: Any, as_carol: Any) -> None:
    for number in (2**63 - 1, 10**20):
        page = as_carol.get(url(ticket, f"messages/?after_seq={number}"))
        assert (page.status_code, page.json()["results"]) == (200, [])


@pytest.mark.parametrize(
    "query",
    [
        "after_seq=x",
        "before_seq=-1",
        "kind=secret",
        "cursor=zzz",
        "cursor=cD1hYmM%3D",
        "cursor=%00",
    ],
)
def test_a_wrong_query_is_a_400_or_404(ticket: Any, as_carol: Any, query: str) -> None:
    assert as_carol.get(url(ticket, f"messages/?{query}")).status_code in (400, 404)


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "assignee=alice",
        "created_after=soon",
        "number=x",
        "requester=%00",
        "cursor=%00",
    ],
)
def test_a_wrong_filter_is_a_400_or_404(ticket: Any, as_carol: Any, query: str) -> None:
    response = as_carol.get(f"/api/v1/tickets/?{query}")
    assert response.status_code in (400, 404)
    assert set(response.json()) >= {"code", "detail"}


def test_lists_are_narrowed(ticket: Any, as_alice: Any, alice: Any, carol: Any) -> None:
    mine = make_ticket(carol, assignee=alice, priority="urgent")

    def found(query: str) -> set[str]:
        return {row["id"] for row in as_alice.get(f"/api/v1/tickets/?{query}").json()["results"]}

    assert found("") == {str(ticket.pk), str(mine.pk)}
    assert found("assignee=me") == {str(mine.pk)}
    assert found("assignee=none") == {str(ticket.pk)}
    assert found("priority=urgent&priority=high") == {str(mine.pk)}
    assert found("queue=support&status=new") == {str(ticket.pk), str(mine.pk)}
    assert found("queue=nowhere") == set()


def test_a_list_goes_on_where_the_page_before_ended(
    as_carol: Any, carol: Any, support: Any
) -> None:
    made = [str(make_ticket(carol).pk) for _ in range(5)]
    page = as_carol.get("/api/v1/tickets/?page_size=2").json()
    seen = [row["id"] for row in page["results"]]
    make_ticket(carol)
    while page["next"]:
        page = as_carol.get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    assert seen == made[::-1]


def test_people_are_added_and_removed(
    ticket: Any, as_alice: Any, as_dave: Any, dave: Any, carol: Any
) -> None:
    made = as_alice.post(url(ticket, "participants/"), {"user": str(dave.pk)})
    assert (made.status_code, made.json()["role"]) == (201, "cc")
    assert as_dave.get(url(ticket)).status_code == 200
    people = as_dave.get(url(ticket, "participants/")).json()["results"]
    assert [row["user"]["username"] for row in people] == ["carol", "dave"]
    assert as_dave.delete(url(ticket, f"participants/{carol.pk}/")).status_code == 403
    assert as_alice.delete(url(ticket, f"participants/{dave.pk}/")).status_code == 204
    assert as_dave.get(url(ticket)).status_code == 404
    assert as_alice.delete(url(ticket, f"participants/{dave.pk}/")).status_code == 404
    assert as_alice.delete(url(ticket, f"participants/{10**30}/")).status_code == 404


def test_reading_over_rest(ticket: Any, as_carol: Any) -> None:
    assert as_carol.post(url(ticket, "read/"), {}).status_code == 400
    assert as_carol.post(url(ticket, "read/"), {"seq": -1}).status_code == 400
    assert as_carol.post(url(ticket, "read/"), {"notes_seq": 1}).status_code == 403
    assert as_carol.post(url(ticket, "read/"), {"seq": 1}).status_code == 200


def test_the_audit_is_for_agents(ticket: Any, as_alice: Any, as_carol: Any) -> None:
    assert as_carol.get(url(ticket, "events/")).status_code == 403
    entries = as_alice.get(url(ticket, "events/")).json()["results"]
    assert entries[-1]["action"] == "ticket.created"


def test_the_audit_names_people_queues_and_tickets(
    ticket: Any, alice: Any, carol: Any, as_alice: Any, billing: Any
) -> None:
    def last() -> Any:
        return as_alice.get(url(ticket, "events/")).json()["results"][0]

    services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
    assert (last()["before"], last()["before_names"]) == ({"assignee": None}, {})
    assert (last()["after"], last()["after_names"]) == (
        {"assignee": str(alice.pk)},
        {"assignee": "alice"},
    )
    services.change_ticket(ticket=ticket, actor=alice, changes={"queue": "billing"})
    assert last()["before"] == {"queue": str(ticket.queue_id)}
    assert (last()["before_names"], last()["after_names"]) == (
        {"queue": "Support"},
        {"queue": "Billing"},
    )
    other = make_ticket(carol, queue=billing)
    services.assign_ticket(ticket=other, actor=None, assignee=alice)
    services.merge_tickets(ticket=ticket, actor=alice, into=other)
    merged = next(
        entry
        for entry in as_alice.get(url(ticket, "events/")).json()["results"]
        if "merged_into" in entry["after"]
    )
    assert merged["after_names"] == {"merged_into": f"#{other.number}"}


def test_the_dashboard_is_for_staff(ticket: Any, as_alice: Any, as_carol: Any) -> None:
    assert as_carol.get("/api/v1/dashboard/stats/").status_code == 403
    stats = as_alice.get("/api/v1/dashboard/stats/").json()
    assert (stats["total"], stats["unassigned"], stats["by_status"]["new"]) == (1, 1, 1)


def test_an_agent_who_assigns_a_ticket_away_is_shown_it_a_last_time(
    ticket: Any, bob: Any, as_bob: Any, alice: Any
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(assignee=bob)
    done = as_bob.post(url(ticket, "assign/"), {"assignee": str(alice.pk)})
    assert done.status_code == 200
    assert "notes" not in done.json()
    assert as_bob.get(url(ticket)).status_code == 404


def test_agents_see_whom_they_may_assign_and_customers_do_not(
    as_alice: APIClient, as_carol: APIClient, bob: Any
) -> None:
    found = as_alice.get("/api/v1/agents/").json()["results"]
    assert [person["username"] for person in found] == ["alice", "bob"]
    assert as_carol.get("/api/v1/agents/").status_code == 403
