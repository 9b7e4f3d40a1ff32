"""Prepared texts, saved searches, ratings, triggers, automatic assignment, closing, reports, collisions."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models.signals import post_save
from django.utils import timezone

from notifications.models import Notification
from realtime.errors import Conflict, InvalidField
from realtime.models import AccessChange
from realtime.registry import registry
from tickets import services
from tickets.errors import Collision, NotYours
from tickets.models import (
    CannedReply,
    Message,
    Rating,
    SavedFilter,
    Tag,
    Ticket,
    Trigger,
)
from tickets.tests.conftest import client_of, events_of, types_of
from tickets.tests.factories import make_message, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db

TAGGING = [{"do": "tag", "name": "seen"}]


# --- prepared texts ---


def test_a_prepared_text_is_filled_in(ticket: Any, as_alice: Any, support: Any) -> None:
    body = {"name": "Hello", "content": "Hi {customer}, about #{number} {x}: {agent}"}
    made = as_alice.post("/api/v1/canned-replies/", body)
    assert made.status_code == 201, made.json()
    path = f"/api/v1/canned-replies/{made.json()['id']}/"
    filled = as_alice.get(f"{path}render/?ticket={ticket.pk}").json()
    assert filled == {"content": f"Hi carol, about #{ticket.number} {{x}}: alice"}
    assert as_alice.get(f"{path}render/?ticket=x").status_code == 400
    assert as_alice.get(f"{path}render/").status_code == 400


def test_prepared_texts_are_for_agents_of_the_queue_and_changed_by_who_made_them(
    support: Any, billing: Any, as_alice: Any, as_bob: Any, as_carol: Any
) -> None:
    made = as_alice.post(
        "/api/v1/canned-replies/", {"name": "S", "content": "C", "queue": "support"}
    )
    path = f"/api/v1/canned-replies/{made.json()['id']}/"
    assert as_bob.get(path).status_code == 404
    assert as_carol.get("/api/v1/canned-replies/").status_code == 403
    foreign = {"name": "S", "content": "C", "queue": "billing"}
    assert as_alice.post("/api/v1/canned-replies/", foreign).status_code == 400
    for_all = as_bob.post("/api/v1/canned-replies/", {"name": "A", "content": "C"}).json()
    shared = f"/api/v1/canned-replies/{for_all['id']}/"
    assert as_alice.patch(shared, {"name": "Mine"}).status_code == 403
    assert as_alice.delete(shared).status_code == 403
    assert as_alice.patch(path, {"name": "New"}).json()["name"] == "New"
    assert as_alice.delete(path).status_code == 204
    assert CannedReply.objects.count() == 1


# --- saved searches and tags ---


def test_saved_searches_are_ones_own_unless_shared(
    as_alice: Any, as_bob: Any, as_carol: Any
) -> None:
    made = as_alice.post("/api/v1/saved-filters/", {"name": "Mine", "query": "assignee:me"})
    assert made.status_code == 201, made.json()
    path = f"/api/v1/saved-filters/{made.json()['id']}/"
    assert as_bob.get(path).status_code == 404
    as_alice.patch(path, {"shared": True})
    assert as_bob.get(path).json()["mine"] is False
    assert as_bob.patch(path, {"name": "x"}).status_code == 403
    assert as_carol.get("/api/v1/saved-filters/").status_code == 403
    again = as_alice.post("/api/v1/saved-filters/", {"name": "Mine", "query": "x"})
    assert again.status_code == 400
    wrong = as_alice.post("/api/v1/saved-filters/", {"name": "W", "query": "status:lost"})
    assert wrong.status_code == 400
    assert SavedFilter.objects.count() == 1


def test_tags_are_listed_for_agents(as_alice: Any, as_carol: Any) -> None:
    Tag.objects.create(name="billing")
    Tag.objects.create(name="vip")
    rows = as_alice.get("/api/v1/tags/?starts_with=B").json()["results"]
    assert rows == [{"name": "billing"}]
    assert as_carol.get("/api/v1/tags/").status_code == 403


# --- ratings ---


def test_the_requester_rates_once_it_is_solved(
    ticket: Any, alice: Any, as_carol: Any, as_alice: Any
) -> None:
    path = f"/api/v1/tickets/{ticket.pk}/rating/"
    early = as_carol.put(path, {"score": 5})
    assert (early.status_code, early.json()["code"]) == (409, "conflict")
    assert as_carol.get(path).status_code == 404
    services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
    services.transition_ticket(ticket=ticket, actor=alice, status="resolved")
    given = as_carol.put(path, {"score": 4, "comment": "Quick!"})
    assert (given.status_code, given.json()["score"]) == (200, 4)
    assert as_carol.put(path, {"score": 5}).json()["score"] == 5
    assert as_alice.get(path).json()["score"] == 5
    assert as_alice.put(path, {"score": 1}).status_code == 403
    assert Rating.objects.count() == 1
    assert Notification.objects.filter(recipient=alice, kind="ticket.rated").count() == 1
    assert "ticket.rated" in types_of("queue:support")
    assert "ticket.rated" not in types_of(ticket.room)


@pytest.mark.parametrize("body", [{}, {"score": 0}, {"score": 6}, {"score": "x"}])
def test_a_score_is_from_1_to_5(ticket: Any, as_carol: Any, body: Any) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status="resolved")
    assert as_carol.put(f"/api/v1/tickets/{ticket.pk}/rating/", body).status_code == 400
    for wrong in (0, 6, True):
        with pytest.raises(InvalidField):
            services.rate_ticket(ticket=ticket, actor=ticket.requester, score=wrong)


def test_only_the_requester_rates(ticket: Any, alice: Any) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status="resolved")
    with pytest.raises(NotYours):
        services.rate_ticket(ticket=ticket, actor=alice, score=5)
    Ticket.objects.filter(pk=ticket.pk).update(status="open")
    with pytest.raises(Conflict):
        services.rate_ticket(ticket=ticket, actor=ticket.requester, score=5)


# --- automatic assignment ---


@pytest.fixture
def team(alice: Any, bob: Any) -> Any:
    return make_queue("team", members=[alice, bob], auto_assignment="round_robin")


def assignees(queue: Any, requester: Any, count: int) -> list[str]:
    made = [make_ticket(requester, queue=queue) for _ in range(count)]
    return [ticket.assignee.username for ticket in made if ticket.assignee]


def test_agents_take_turns(team: Any, carol: Any, alice: Any) -> None:
    assert assignees(team, carol, 4) == ["alice", "bob", "alice", "bob"]
    assert Notification.objects.filter(recipient=alice, kind="ticket.assigned").count() == 2


def test_who_has_the_least_to_do_is_next(team: Any, carol: Any, alice: Any) -> None:
    team.auto_assignment = "least_busy"
    team.save()
    for _ in range(2):
        make_ticket(carol, queue=make_queue(), assignee=alice)
    assert assignees(team, carol, 3) == ["bob", "bob", "alice"]


def test_nobody_inactive_or_asking_is_assigned(team: Any, alice: Any, bob: Any) -> None:
    bob.is_active = False
    bob.save()
    assert assignees(team, make_user(), 2) == ["alice", "alice"]
    assert assignees(team, alice, 1) == []


def test_taking_turns_asks_nobodys_permission_anew(team: Any, carol: Any) -> None:
    before = AccessChange.objects.filter(scope__startswith="user:").count()
    make_ticket(carol, queue=team)
    assert AccessChange.objects.filter(scope__startswith="user:").count() == before


# --- triggers ---


def make_trigger(event: str, condition: str, *actions: dict[str, Any]) -> Trigger:
    return Trigger.objects.create(
        name=f"{event} {condition}", event=event, condition=condition, actions=list(actions)
    )


def test_a_trigger_acts_where_its_condition_holds(
    support: Any, carol: Any, alice: Any, django_capture_on_commit_callbacks: Any
) -> None:
    rule = make_trigger(
        "ticket.created",
        "priority:urgent server",
        {"do": "tag", "name": "outage"},
        {"do": "assign", "to": "alice"},
        {"do": "note", "content": "Call the hotline"},
        {"do": "notify", "users": ["alice", "carol"], "text": "All hands"},
    )
    with django_capture_on_commit_callbacks(execute=True):
        make_ticket(carol, content="The server is slow")
        ticket = make_ticket(carol, content="The server is down", priority="urgent")
    assert ticket.assignee == alice
    assert [tag.name for tag in ticket.tags.all()] == ["outage"]
    assert types_of(ticket.notes_room)[-1] == "message.new"
    assert Notification.objects.filter(kind="ticket.trigger").count() == 1
    rule.refresh_from_db()
    assert (rule.runs, rule.last_error) == (1, "")


def test_a_triggers_reply_is_the_desks_own_and_answers_nobody(support: Any, carol: Any) -> None:
    make_trigger("ticket.created", "", {"do": "reply", "content": "We got your message."})
    ticket = make_ticket(carol)
    reply = Message.objects.filter(ticket=ticket).last()
    assert reply is not None and reply.author is None
    assert (ticket.first_reply_at, ticket.status) == (None, "new")
    assert events_of(ticket.room)[-1]["sender"] is None


def test_triggers_set_off_no_triggers(support: Any, carol: Any) -> None:
    make_trigger("ticket.changed", "", {"do": "set_priority", "to": "high"})
    make_trigger("ticket.created", "", {"do": "set_priority", "to": "urgent"})
    assert make_ticket(carol).priority == "urgent"


def test_a_trigger_that_fails_leaves_nothing_and_stops_nothing(
    support: Any, carol: Any, django_capture_on_commit_callbacks: Any
) -> None:
    rule = make_trigger(
        "customer.replied",
        "",
        {"do": "set_priority", "to": "high"},
        {"do": "assign", "to": "nobody"},
    )
    ticket = make_ticket(carol)
    with django_capture_on_commit_callbacks(execute=True):
        make_message(ticket, carol, content="Hello?")
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.messages.count()) == ("normal", 2)
    rule.refresh_from_db()
    assert "nobody" in rule.last_error


def test_a_trigger_that_the_database_refuses_loses_no_reply(
    support: Any, carol: Any, django_capture_on_commit_callbacks: Any
) -> None:
    rule = make_trigger("customer.replied", "", {"do": "set_priority", "to": "high"})
    ticket = make_ticket(carol)

    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('UPDATE "tickets_ticket"') and "high" in str(rest[0]):
            raise OperationalError("canceling statement due to lock timeout")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse), django_capture_on_commit_callbacks(execute=True):
        make_message(ticket, carol, content="Hello?")
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.messages.count()) == ("normal", 2)
    rule.refresh_from_db()
    assert rule.last_error == "OperationalError: canceling statement due to lock timeout"


@pytest.mark.parametrize(
    "actions", [{}, [{"do": "explode"}], [{"do": "assign"}], [{"do": "set_priority", "to": "x"}]]
)
def test_a_trigger_that_isnt_understood_is_refused(actions: Any) -> None:
    with pytest.raises(ValidationError):
        Trigger(name="T", event="ticket.created", actions=actions).full_clean()
    with pytest.raises(ValidationError):
        Trigger(name="T", event="ticket.created", condition="status:lost").full_clean()


@pytest.mark.parametrize(
    "action",
    [
        {"do": "assign", "to": "nobody"},
        {"do": "assign", "to": "carol"},
        {"do": "assign", "to": "gone"},
        {"do": "set_queue", "to": "lost"},
        {"do": "set_status", "to": "merged"},
        {"do": "set_status", "to": "new"},
        {"do": "tag", "name": " "},
        {"do": "reply", "content": ""},
        {"do": "note", "content": " \n"},
        {"do": "notify", "users": [], "text": "Look"},
        {"do": "notify", "users": ["nobody"], "text": "Look"},
        {"do": "notify", "users": ["alice"], "text": ""},
    ],
)
def test_an_action_that_could_never_be_done_is_refused(
    alice: Any, carol: Any, action: dict[str, Any]
) -> None:
    make_user("gone", is_staff=True, is_active=False)
    with pytest.raises(ValidationError, match="actions"):
        Trigger(name="T", event="ticket.created", actions=[action]).full_clean()


@pytest.mark.parametrize(
    "condition", ["assignee:me", "-requester:me", "assignee:nobody", "requester:x", "queue:lost"]
)
def test_a_condition_that_no_ticket_could_meet_is_refused(condition: str) -> None:
    rule = Trigger(name="T", event="ticket.created", condition=condition, actions=TAGGING)
    with pytest.raises(ValidationError, match="condition"):
        rule.full_clean()


def test_actions_and_conditions_that_can_be_met_are_taken(alice: Any, billing: Any) -> None:
    actions = [
        {"do": "assign", "to": "alice"},
        {"do": "set_queue", "to": "billing"},
        {"do": "set_queue", "to": "support"},
        {"do": "set_status", "to": "closed"},
        {"do": "notify", "users": ["alice"], "text": "Look"},
        {"do": "reply", "content": "Hello"},
        *TAGGING,
    ]
    for condition in ("", "assignee:none printer", "requester:alice queue:billing tag:new"):
        rule = Trigger(name="T", event="ticket.created", condition=condition, actions=actions)
        rule.full_clean()


@pytest.mark.django_db(transaction=True)
def test_tickets_on_which_one_trigger_acts_dont_wait_for_each_other(
    support: Any, carol: Any, dave: Any
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer")
    rule = make_trigger("customer.replied", "", {"do": "set_priority", "to": "high"})
    mine, other = make_ticket(carol), make_ticket(dave)

    def reply_elsewhere() -> None:
        make_message(other, dave)
        connection.close()

    with transaction.atomic():
        make_message(mine, carol)
        thread = Thread(target=reply_elsewhere)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()

    rule.refresh_from_db()
    assert rule.runs == 2


def test_a_claim_is_an_assignment_to_triggers(ticket: Any, alice: Any) -> None:
    make_trigger("ticket.changed", "assignee:alice", {"do": "tag", "name": "taken"})
    services.claim_ticket(ticket=ticket, actor=alice)
    assert [tag.name for tag in ticket.tags.all()] == ["taken"]


# --- closing, reports, collisions ---


def test_what_has_been_resolved_for_long_is_closed(ticket: Any, support: Any) -> None:
    support.close_resolved_after_days = 3
    support.save()
    services.transition_ticket(ticket=ticket, actor=None, status="resolved")
    assert services.close_resolved() == "0 closed"
    later = timezone.now() + timedelta(days=3)
    assert services.close_resolved(later) == "1 closed"
    assert services.close_resolved(later) == "0 closed"


def test_what_is_opened_again_while_others_are_being_closed_stays_open(
    ticket: Any, support: Any, carol: Any
) -> None:
    support.close_resolved_after_days = 3
    support.save()
    other = make_ticket(carol)
    for row in (ticket, other):
        services.transition_ticket(ticket=row, actor=None, status="resolved")

    def answer(instance: Ticket, **_: Any) -> None:
        if instance.status == "closed":
            make_message(other, carol, content="It is broken again")

    post_save.connect(answer, sender=Ticket)
    try:
        assert services.close_resolved(timezone.now() + timedelta(days=3)) == "1 closed"
    finally:
        post_save.disconnect(answer, sender=Ticket)
    other.refresh_from_db()
    assert other.status == "open"


def test_the_report_counts_what_the_agent_works_on(
    ticket: Any, alice: Any, as_alice: Any, as_carol: Any, bob: Any, billing: Any
) -> None:
    make_ticket(make_user(), queue=billing)
    make_message(ticket, alice)
    services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
    services.transition_ticket(ticket=ticket, actor=alice, status="resolved")
    services.rate_ticket(ticket=ticket, actor=ticket.requester, score=4)
    shown = as_alice.get("/api/v1/stats/").json()
    assert (shown["totals"]["created"], shown["totals"]["resolved"]) == (1, 1)
    assert shown["totals"]["rating"] == 4
    assert shown["totals"]["first_response_seconds"] >= 0
    assert len(shown["days"]) == 31
    assert shown["days"][-1]["created"] == 1
    assert [row["name"] for row in shown["queues"]] == ["support"]
    assert [row["name"] for row in shown["agents"]] == ["alice"]
    assert as_carol.get("/api/v1/stats/").status_code == 403


@pytest.mark.parametrize(
    "query",
    ["from=x", "to=2026-13-01", "from=1000-01-01", "from=2030-01-01", "queue=billing", "queue=%00"],
)
def test_a_wrong_question_to_the_report_is_a_400(
    support: Any, billing: Any, as_alice: Any, query: str
) -> None:
    assert as_alice.get(f"/api/v1/stats/?{query}").status_code == 400


def test_the_report_says_which_days_are_wrong(support: Any, as_alice: Any) -> None:
    def refused(query: str) -> tuple[str, str]:
        answer = as_alice.get(f"/api/v1/stats/?{query}").json()
        return answer["detail"], *answer["fields"]

    assert refused("from=2026-02-01&to=2026-01-01") == ("from must not be later than to.", "from")
    assert refused("from=2024-01-01&to=2026-01-01") == (
        "from must be at most 366 days before to.",
        "from",
    )


def test_merging_solves_nothing(
    ticket: Any, carol: Any, alice: Any, as_alice: Any, support: Any
) -> None:
    services.transition_ticket(ticket=ticket, actor=alice, status="resolved")
    twin = make_ticket(carol, queue=support)
    into = make_ticket(carol, queue=support)
    services.merge_tickets(ticket=twin, actor=alice, into=into)
    shown = as_alice.get("/api/v1/stats/").json()
    assert (shown["totals"]["created"], shown["totals"]["resolved"]) == (3, 1)
    assert (shown["days"][-1]["resolved"], shown["queues"][0]["resolved"]) == (1, 1)
    assert as_alice.get("/api/v1/dashboard/stats/").json()["resolved_today"] == 1


def test_a_superuser_who_isnt_staff_sees_the_numbers_as_agents_do(db: None) -> None:
    root = client_of(make_user("root", is_superuser=True))
    for path in ("stats/", "dashboard/stats/", "agents/"):
        assert root.get(f"/api/v1/{path}").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_agent_who_hasnt_seen_anothers_reply_is_stopped(ticket: Any, alice: Any) -> None:
    ada = make_user("ada", is_staff=True, is_superuser=True)
    seen = events_of(ticket.room)[-1]["seq"]
    theirs = make_message(ticket, ada)
    with pytest.raises(Collision) as stopped:
        services.reply(ticket=ticket, actor=alice, content="Me too", last_seen_seq=seen)
    assert stopped.value.details["message"] == str(theirs.pk)
    services.reply(
        ticket=ticket,
        actor=alice,
        content="Anyway",
        last_seen_seq=events_of(ticket.room)[-1]["seq"],
    )
    resolved = registry.resolve(ticket.room)
    assert resolved is not None
    kind, params = resolved
    with pytest.raises(Collision):
        kind.chat.send(
            user=ada,
            params=params,
            content="By socket",
            client_id=None,
            fields={"last_seen_seq": seen},
        )
    body = {"content": "Third", "last_seen_seq": seen}
    refused = client_of(ada).post(f"/api/v1/tickets/{ticket.pk}/messages/", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "collision")
