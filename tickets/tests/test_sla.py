"""Promises to customers: opening hours, clocks, warnings and breaches."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Notification
from realtime.tests.threads import wait_until_blocked
from tickets import services
from tickets.business_time import OpeningHours, after, between
from tickets.models import Calendar, SLAClock, Ticket
from tickets.sla import recalculate, retarget, retarget_queue
from tickets.tests.conftest import types_of
from tickets.tests.factories import make_message, make_policy, make_ticket

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = OpeningHours(
    BERLIN,
    {day: [(time(9), time(12)), (time(13), time(17))] for day in range(5)},
    frozenset({date(2026, 1, 1)}),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-02T09:00", 3, "2026-03-02T12:00"),
        ("2026-03-02T09:00", 3.5, "2026-03-02T13:30"),
        ("2026-03-02T16:00", 2, "2026-03-03T10:00"),
        ("2026-03-06T16:30", 1, "2026-03-09T09:30"),  # over a weekend
        ("2026-03-07T03:00", 1, "2026-03-09T10:00"),  # from a Saturday
        ("2025-12-31T16:00", 2, "2026-01-02T10:00"),  # over a holiday
        ("2026-03-27T16:00", 2, "2026-03-30T10:00"),  # over a change of the clock
    ],
)
def test_only_opening_hours_pass(start: str, hours: float, end: str) -> None:
    assert after(at(start), hours * 3600, OFFICE) == at(end)
    assert between(at(start), at(end), OFFICE) == hours * 3600


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.integers(1, 60 * 60 * 40))
def test_what_is_added_is_what_has_passed(start: datetime, seconds: int) -> None:
    begin = start.replace(tzinfo=UTC)
    assert between(begin, after(begin, seconds, OFFICE), OFFICE) == pytest.approx(seconds)


def test_an_office_that_is_never_open_never_gets_there() -> None:
    closed = OpeningHours(BERLIN, {})
    now = at("2026-03-02T09:00")
    assert after(now, 60, closed) > now + timedelta(days=3000)
    assert between(now, now + timedelta(days=3), closed) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"hours": {"mon": [["17:00", "09:00"]]}},
        {"hours": {"someday": [["09:00", "17:00"]]}},
        {"hours": {"mon": [["09:00", "13:00"], ["12:00", "17:00"]]}},
        {"hours": {"mon": ["09:00"]}},
        {"hours": {"mon": 9}},
        {"hours": []},
        {"hours": 5},
        {"holidays": ["yesterday"]},
        {"holidays": {}},
        {"holidays": 5},
        {"timezone": "Mars/Base"},
    ],
)
def test_a_calendar_that_isnt_understood_is_refused_where_it_is_wrong(
    fields: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError) as refused:
        Calendar(**{"name": "Office", **fields}).full_clean(validate_unique=False)
    assert set(refused.value.message_dict) == set(fields)


def test_hours_may_last_until_midnight() -> None:
    calendar = Calendar(name="Always", hours={day: [["00:00", "00:00"]] for day in ["mon", "tue"]})
    calendar.full_clean(validate_unique=False)
    hours = calendar.opening_hours()
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    assert between(monday, monday + timedelta(days=7), hours) == 2 * 86_400


# --- clocks ---

pytestmark = pytest.mark.django_db


@pytest.fixture
def promised(carol: Any, support: Any) -> Ticket:
    """Carol's ticket in a queue that promises an answer in 60 minutes and a solution in 480, around the clock."""
    support.sla_policy = make_policy(first_response=60, resolution=480)
    support.save()
    return make_ticket(carol, queue=support)


def clock_of(ticket: Ticket, metric: str) -> SLAClock:
    return SLAClock.objects.get(ticket=ticket, metric=metric)


def later(ticket: Ticket, **span: float) -> None:
    """Lets time pass for a ticket: puts its clocks into the past."""
    past = timedelta(**span)
    for clock in SLAClock.objects.filter(ticket=ticket):
        clock.since -= past
        for name in ("due_at", "warn_at"):
            if getattr(clock, name):
                setattr(clock, name, getattr(clock, name) - past)
        SLAClock.objects.filter(pk=clock.pk).update(
            since=clock.since, due_at=clock.due_at, warn_at=clock.warn_at
        )


def test_a_new_ticket_has_the_clocks_of_its_queue(promised: Ticket) -> None:
    first, whole = clock_of(promised, "first_response"), clock_of(promised, "resolution")
    assert first.due_at == promised.created_at + timedelta(minutes=60)
    assert first.warn_at == promised.created_at + timedelta(minutes=48)
    assert whole.due_at == promised.created_at + timedelta(minutes=480)


def test_without_a_policy_there_are_no_clocks(ticket: Any) -> None:
    assert not ticket.clocks.exists()


def test_an_answer_stops_the_clock_of_the_first_response(promised: Ticket, alice: Any) -> None:
    make_message(promised, alice, kind="note")
    assert clock_of(promised, "first_response").state == "running"
    make_message(promised, alice)
    assert clock_of(promised, "first_response").state == "stopped"
    assert clock_of(promised, "resolution").state == "running"


def test_clocks_rest_while_the_ticket_is_pending(promised: Ticket, alice: Any, carol: Any) -> None:
    later(promised, minutes=30)
    services.transition_ticket(ticket=promised, actor=alice, status="pending")
    clock = clock_of(promised, "resolution")
    assert (clock.state, clock.due_at) == ("paused", None)
    assert clock.remaining == pytest.approx(450 * 60, abs=5)
    later(promised, hours=100)
    make_message(promised, carol)
    clock = clock_of(promised, "resolution")
    assert clock.state == "running"
    assert clock.due_at is not None
    assert (clock.due_at - timezone.now()).total_seconds() == pytest.approx(450 * 60, abs=10)


def test_a_shells_edit_moves_the_clocks_too(promised: Ticket) -> None:
    Ticket.objects.filter(pk=promised.pk).update(status="resolved")
    assert clock_of(promised, "resolution").state == "stopped"


def test_another_priority_is_another_promise_and_passed_time_counts(promised: Ticket) -> None:
    promised.queue.sla_policy.targets.create(priority="urgent", resolution_minutes=120)
    later(promised, minutes=30)
    services.change_ticket(ticket=promised, actor=None, changes={"priority": "urgent"})
    clock = clock_of(promised, "resolution")
    assert clock.remaining == pytest.approx(90 * 60, abs=5)
    assert not promised.clocks.filter(metric="first_response").exists()


def test_a_warning_and_a_breach_are_told_once(promised: Ticket, alice: Any, carol: Any) -> None:
    later(promised, minutes=50)
    assert services.run_due_sla_checks() == "0 breached, 1 warned"
    assert services.run_due_sla_checks() == "0 breached, 0 warned"
    later(promised, minutes=15)
    assert services.run_due_sla_checks() == "1 breached, 0 warned"
    assert services.run_due_sla_checks() == "0 breached, 0 warned"
    told = Notification.objects.filter(recipient=alice).order_by("id")
    assert [n.kind for n in told] == ["sla.warning", "sla.breached"]
    assert not Notification.objects.filter(recipient=carol).exists()
    heard = [name for name in types_of(promised.notes_room) if name != "sla.changed"]
    assert heard == ["sla.warning", "sla.breached"]
    assert types_of("queue:support")[-2:] == ["sla.warning", "sla.breached"]
    assert not any("sla" in name for name in types_of(promised.room))


@pytest.mark.django_db(transaction=True)
def test_a_warning_given_while_the_ticket_is_moved_stays_given(promised: Ticket) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer")
    later(promised, minutes=50)

    def move_elsewhere() -> None:
        services.transition_ticket(ticket=promised, actor=None, status="pending")
        connection.close()

    with transaction.atomic():
        assert services.run_due_sla_checks() == "0 breached, 1 warned"
        thread = Thread(target=move_elsewhere)
        thread.start()
        wait_until_blocked(thread)
    thread.join(30)

    clock = clock_of(promised, "first_response")
    assert clock.state == "paused"
    assert clock.warned_at is not None


def marks_of(ticket: Ticket) -> dict[str, Any]:
    return {c.metric: (c.warned_at, c.breached_at) for c in ticket.clocks.all()}


def test_a_policy_that_is_saved_again_alarms_nobody_again(promised: Ticket, alice: Any) -> None:
    later(promised, minutes=50)
    services.run_due_sla_checks()
    later(promised, minutes=350)
    assert services.run_due_sla_checks() == "1 breached, 1 warned"
    before, told = marks_of(promised), Notification.objects.count()
    policy = promised.queue.sla_policy
    assert policy is not None
    assert recalculate([policy]) == 1
    assert services.run_due_sla_checks() == "0 breached, 0 warned"
    assert (marks_of(promised), Notification.objects.count()) == (before, told)
    policy.targets.update(first_response_minutes=30)  # broken all the more
    recalculate([policy])
    assert services.run_due_sla_checks() == "0 breached, 0 warned"
    assert marks_of(promised) == before


def test_a_promise_that_holds_again_may_be_broken_again(promised: Ticket, alice: Any) -> None:
    later(promised, minutes=70)
    assert services.run_due_sla_checks() == "1 breached, 0 warned"
    heard = len(types_of("queue:support"))
    policy = promised.queue.sla_policy
    assert policy is not None
    policy.targets.update(first_response_minutes=80)
    recalculate([policy])
    assert clock_of(promised, "first_response").breached_at is None
    assert "sla.breached" not in types_of("queue:support")[heard:]
    assert types_of(promised.notes_room)[-1] == "sla.changed"
    assert services.run_due_sla_checks() == "0 breached, 1 warned"
    later(promised, minutes=20)
    assert services.run_due_sla_checks() == "1 breached, 0 warned"


@pytest.mark.django_db(transaction=True)
def test_what_is_resolved_while_the_queue_gets_other_promises_stays_stopped(
    promised: Ticket,
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer")
    promised.queue.sla_policy.targets.update(resolution_minutes=90)  # type: ignore[union-attr]
    counted = []

    def promise_elsewhere() -> None:
        with transaction.atomic():
            counted.append(retarget_queue(promised.queue))
        connection.close()

    with transaction.atomic():
        services.transition_ticket(ticket=promised, actor=None, status="resolved")
        thread = Thread(target=promise_elsewhere)
        thread.start()
        wait_until_blocked(thread)
    thread.join(30)

    assert counted == [0]
    assert clock_of(promised, "resolution").state == "stopped"


def test_a_promise_that_is_put_off_while_the_desk_looks_is_not_broken(promised: Ticket) -> None:
    put_off = []

    def put_it_off(execute: Any, sql: str, *rest: Any) -> Any:
        """What another process does between the desk's look and its writing."""
        if sql.startswith("UPDATE") and "breached_at" in sql and not put_off:
            put_off.append(sql)
            targets = promised.queue.sla_policy.targets  # type: ignore[union-attr]
            targets.update(first_response_minutes=10_000, resolution_minutes=10_000)
            retarget(promised)
        return execute(sql, *rest)

    late = max(clock.due_at for clock in promised.clocks.all())
    with connection.execute_wrapper(put_it_off):
        assert services.run_due_sla_checks(late) == "0 breached, 0 warned"
    assert put_off
    assert not Notification.objects.filter(kind__startswith="sla.").exists()


def test_the_assignee_alone_is_warned(promised: Ticket, alice: Any, bob: Any) -> None:
    services.assign_ticket(ticket=promised, actor=None, assignee=bob)
    later(promised, minutes=50)
    services.run_due_sla_checks()
    assert not Notification.objects.filter(recipient=alice).exists()
    assert Notification.objects.filter(recipient=bob, kind="sla.warning").exists()


def test_the_clocks_are_in_what_agents_see_only(
    promised: Ticket, as_alice: Any, as_carol: Any
) -> None:
    path = f"/api/v1/tickets/{promised.pk}/"
    assert {clock["metric"] for clock in as_alice.get(path).json()["clocks"]} == {
        "first_response",
        "resolution",
    }
    assert "clocks" not in as_carol.get(path).json()


def test_a_policy_that_is_taken_away_takes_the_clocks(promised: Ticket) -> None:
    promised.queue.sla_policy = None
    retarget(promised)
    assert not promised.clocks.exists()
