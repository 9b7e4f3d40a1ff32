"""Who sees which tickets, in one place: REST, sockets, admin and services ask here.

Requesters and participants see their tickets. Agents (staff) see those of their queues, and those they are assigned to or
take part in. Superusers see all. *Working on* a ticket (notes, assigning, changing) is for agents, and not for one who is
only its requester or copied in: somebody's own request to another team doesn't open that team's notes to them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet

from tickets.models import Participant, Queue, QueueMember, Role, Ticket

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_WORKING_ROLES = (Role.AGENT, Role.WATCHER)


def is_agent(user: Any) -> bool:
    return bool(user.is_active and (user.is_staff or user.is_superuser))


def queues_of(user: Any) -> QuerySet[Queue]:
    """The queues whose tickets the user works on."""
    if user.is_active and user.is_superuser:
        return Queue.objects.all()
    if not is_agent(user):
        return Queue.objects.none()
    return Queue.objects.filter(memberships__user=user)


def visible_queues(user: Any) -> QuerySet[Queue]:
    """The queues that a user may file a ticket in: all."""
    return Queue.objects.all() if user.is_authenticated else Queue.objects.none()


def hears_queue(user: Any, slug: str) -> bool:
    return queues_of(user).filter(slug=slug).exists()


def tickets_visible_to(user: Any) -> QuerySet[Ticket]:
    """The tickets that a user may see."""
    if not user.is_authenticated or not user.is_active:
        return Ticket.objects.none()
    if user.is_superuser:
        return Ticket.objects.all()
    own: Any = Q(requester=user) | Exists(
        Participant.objects.filter(ticket=OuterRef("pk"), user=user)
    )
    if user.is_staff:
        own |= _worked_on(user)
    return Ticket.objects.filter(own)


def tickets_worked_on_by(user: Any) -> QuerySet[Ticket]:
    """The tickets whose internal side is open to a user."""
    if not user.is_authenticated or not is_agent(user):
        return Ticket.objects.none()
    if user.is_superuser:
        return Ticket.objects.all()
    working = Participant.objects.filter(ticket=OuterRef("pk"), user=user, role__in=_WORKING_ROLES)
    return Ticket.objects.filter(_worked_on(user) | Exists(working))


def _worked_on(user: Any) -> Q:
    queues = QueueMember.objects.filter(user=user).values("queue")
    return Q(queue__in=queues) | Q(assignee=user)


def user_can_see(user: Any, ticket: Ticket) -> bool:
    return tickets_visible_to(user).filter(pk=ticket.pk).exists()


def user_works_on(user: Any, ticket: Ticket) -> bool:
    """Whether the user is an agent of the ticket: sees notes, assigns, changes."""
    return tickets_worked_on_by(user).filter(pk=ticket.pk).exists()


def users_who_can_see(ticket: Ticket, among: Collection[User]) -> list[User]:
    """Those of some users who may see a ticket, as `user_can_see` says of each, in one query for all."""
    taking_part = Participant.objects.filter(ticket=ticket.pk)
    own = Q(pk__in=_column_of(ticket, "requester")) | Q(pk__in=taking_part.values("user"))
    return _those(among, own | _working_on(ticket))


def users_who_work_on(ticket: Ticket, among: Collection[User]) -> list[User]:
    """Likewise those who work on it, as `user_works_on` says."""
    working = Participant.objects.filter(ticket=ticket.pk, role__in=_WORKING_ROLES)
    takes_part = Q(is_staff=True, pk__in=working.values("user"))
    return _those(among, takes_part | _working_on(ticket))


def _working_on(ticket: Ticket) -> Q:
    members = QueueMember.objects.filter(queue__in=_column_of(ticket, "queue")).values("user")
    assigned = Q(pk__in=_column_of(ticket, "assignee"))
    return Q(is_superuser=True) | (Q(is_staff=True) & (Q(pk__in=members) | assigned))


def _column_of(ticket: Ticket, name: str) -> Any:
    """What the ticket's row says, which may be newer than the object."""
    return Ticket.objects.filter(pk=ticket.pk).values(name)


def _those(users: Collection[User], condition: Q) -> list[User]:
    if not users:
        return []
    active = get_user_model()._default_manager.filter(is_active=True)
    among = active.filter(condition, pk__in=[user.pk for user in users])
    found = set(among.values_list("pk", flat=True))
    return [user for user in users if user.pk in found]
