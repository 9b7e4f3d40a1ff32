"""Who sees which tickets."""

from __future__ import annotations

from typing import Any

import pytest

from tickets.models import QueueMember, Role
from tickets.selectors import tickets_visible_to, tickets_worked_on_by
from tickets.selectors.access import users_who_can_see, users_who_work_on
from tickets.tests.factories import make_participant, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db


def sees(user: Any, ticket: Any) -> bool:
    return tickets_visible_to(user).filter(pk=ticket.pk).exists()


def works_on(user: Any, ticket: Any) -> bool:
    return tickets_worked_on_by(user).filter(pk=ticket.pk).exists()


def test_a_requester_sees_the_own_ticket_and_no_other(ticket: Any, carol: Any, dave: Any) -> None:
    others = make_ticket(dave)
    assert sees(carol, ticket)
    assert not sees(carol, others)
    assert not works_on(carol, ticket)


def test_an_agent_sees_the_tickets_of_the_own_queues_only(
    ticket: Any, alice: Any, bob: Any, billing: Any
) -> None:
    assert sees(alice, ticket) and works_on(alice, ticket)
    assert not sees(bob, ticket) and not works_on(bob, ticket)


def test_an_agent_outside_the_queue_sees_what_they_are_assigned_to(ticket: Any, bob: Any) -> None:
    ticket.assignee = bob
    ticket.save()
    assert sees(bob, ticket) and works_on(bob, ticket)


def test_someone_copied_in_sees_the_ticket_but_not_its_internal_side(
    ticket: Any, dave: Any
) -> None:
    make_participant(ticket, dave)
    assert sees(dave, ticket)
    assert not works_on(dave, ticket)


@pytest.mark.parametrize("role", [Role.AGENT, Role.WATCHER])
def test_an_agent_who_takes_part_works_on_the_ticket(ticket: Any, bob: Any, role: Role) -> None:
    make_participant(ticket, bob, role)
    assert works_on(bob, ticket)


def test_an_agents_own_request_to_another_team_keeps_that_teams_notes_closed(
    bob: Any, support: Any
) -> None:
    ticket = make_ticket(bob, queue=support)
    assert sees(bob, ticket)
    assert not works_on(bob, ticket)


def test_a_superuser_sees_all(ticket: Any, admin: Any) -> None:
    assert sees(admin, ticket) and works_on(admin, ticket)


def test_who_is_no_agent_any_more_loses_the_queue(ticket: Any, alice: Any) -> None:
    alice.is_staff = False
    alice.save()
    assert not sees(alice, ticket)


def test_who_left_the_queue_loses_its_tickets(ticket: Any, alice: Any) -> None:
    QueueMember.objects.filter(user=alice).delete()
    assert not sees(alice, ticket)


def test_an_inactive_user_sees_nothing(ticket: Any, carol: Any) -> None:
    carol.is_active = False
    assert not sees(carol, ticket)


def test_of_many_users_the_same_is_said_as_of_each(ticket: Any, alice: Any, admin: Any) -> None:
    users = [ticket.requester, alice, admin, make_user(is_active=False, is_superuser=True)]
    for is_staff in (True, False):
        for role in Role.values:
            users.append(make_user(is_staff=is_staff))
            make_participant(ticket, users[-1], role)
        member, idle = make_user(is_staff=is_staff), make_user(is_staff=is_staff, is_active=False)
        elsewhere = make_user(is_staff=is_staff)
        make_queue(members=[elsewhere])
        for user in (member, idle):
            QueueMember.objects.create(queue=ticket.queue, user=user)
        users += [member, idle, elsewhere]
    for assignee in (None, make_user(is_staff=True), make_user()):
        ticket.assignee = assignee
        ticket.save()
        asked = [*users, assignee] if assignee else users
        assert users_who_can_see(ticket, asked) == [u for u in asked if sees(u, ticket)]
        assert users_who_work_on(ticket, asked) == [u for u in asked if works_on(u, ticket)]
