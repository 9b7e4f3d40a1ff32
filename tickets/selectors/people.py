"""Whom a ticket concerns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet

from tickets.models import Participant, QueueMember, Role, Ticket
from tickets.selectors.access import is_agent

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def users() -> QuerySet[User]:
    return get_user_model()._default_manager.all()


def agents_of_queue(queue_id: int) -> QuerySet[User]:
    """Those who work on a queue, by name."""
    members = QueueMember.objects.filter(queue=queue_id).values("user")
    return users().filter(pk__in=members, is_active=True, is_staff=True).order_by("username")


def agents() -> QuerySet[User]:
    """All who may be assigned something."""
    staff = Q(is_staff=True) | Q(is_superuser=True)
    return users().filter(staff, is_active=True).order_by("username")


def superusers() -> list[Any]:
    """Ids of those who see everything."""
    return list(users().filter(is_superuser=True, is_active=True).values_list("pk", flat=True))


def people_of(ticket: Ticket) -> QuerySet[User]:
    """Requester, participants and assignee, if they are active.

    Who is no agent any more has no part in what they are still assigned to.
    """
    taking_part = Participant.objects.filter(ticket=ticket.pk).values("user")
    assigned = Q(pk=ticket.assignee_id) & (Q(is_staff=True) | Q(is_superuser=True))
    concerned = Q(pk=ticket.requester_id) | assigned | Q(pk__in=taking_part)
    return users().filter(concerned, is_active=True)


def followers_of(ticket: Ticket) -> list[User]:
    """The agents who follow a ticket: its assignee, and those who take part as agents or watchers."""
    working = Participant.objects.filter(
        ticket=ticket.pk, role__in=[Role.AGENT, Role.WATCHER]
    ).values("user")
    concerned = Q(pk=ticket.assignee_id) | Q(pk__in=working)
    return [user for user in users().filter(concerned, is_active=True) if is_agent(user)]


def agent_of(ticket: Ticket) -> User | None:
    """The assignee, as long as they are an agent."""
    assignee = ticket.assignee
    return assignee if assignee is not None and is_agent(assignee) else None


def responsible_for(ticket: Ticket) -> list[User]:
    """Who should act: the assignee, or the agents of the queue while there is none."""
    agent = agent_of(ticket)
    return [agent] if agent is not None else list(agents_of_queue(ticket.queue_id))


def outsiders_of(ticket: Ticket) -> list[Any]:
    """Ids of those who see a ticket otherwise than through its queue, sorted."""
    member = QueueMember.objects.filter(queue=ticket.queue_id, user=OuterRef("pk"))
    through_queue = Q(is_superuser=True) | (Q(is_staff=True) & Exists(member))
    return sorted(people_of(ticket).exclude(through_queue).values_list("pk", flat=True))


def contacts_of(user: User) -> set[Any]:
    """Ids of the users that share a ticket with ``user``."""
    shared = Ticket.objects.filter(
        Q(requester=user) | Q(assignee=user) | Q(participants__user=user)
    ).values("pk")
    found: set[Any] = set()
    for column in ("requester", "assignee"):
        found |= set(Ticket.objects.filter(pk__in=shared).values_list(column, flat=True))
    found |= set(Participant.objects.filter(ticket__in=shared).values_list("user", flat=True))
    return found - {None, user.pk}


def users_named(names: Iterable[str]) -> dict[str, User]:
    """Active users by username."""
    return {
        user.get_username(): user
        for user in users().filter(username__in=list(names), is_active=True)
    }
