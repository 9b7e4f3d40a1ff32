"""Who takes part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime.errors import InvalidField
from tickets.errors import AgentsOnly, NotFound
from tickets.models import Participant, Role, Ticket
from tickets.notifying import tell_added
from tickets.selectors.access import is_agent, user_works_on
from tickets.services.operation import (
    locked,
    operation,
    require_agent,
    require_not_merged,
    require_sight,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@operation
def add_participant(
    *, ticket: Ticket, actor: User | None, user: User, role: str | None = None
) -> tuple[Participant, bool]:
    """Lets somebody take part, or changes how; returns the row, and whether it is new.

    Without a role agents take part as agents, others are copied in.

    Raises:
        AgentsOnly: the actor doesn't work on the ticket.
        InvalidField: the user is inactive, or the role isn't for them.
        TicketMerged: the conversation goes on elsewhere.
    """
    require_agent(actor, ticket)
    role = role or (Role.AGENT if is_agent(user) else Role.CC)
    if role not in (Role.CC, Role.WATCHER, Role.AGENT):
        raise InvalidField("role must be cc, watcher or agent.", field="role")
    if not user.is_active or (role != Role.CC and not is_agent(user)):
        raise InvalidField("This user can't take part so.", field="user")
    ticket = locked(ticket)
    require_not_merged(ticket)
    row, created = Participant.objects.get_or_create(
        ticket=ticket, user=user, defaults={"role": role}
    )
    if not created and row.role not in (role, Role.REQUESTER):
        row.role = role
        row.save(update_fields=["role"])
    if created:
        tell_added(ticket, [user], actor)
    return row, created


@operation
def remove_participant(*, ticket: Ticket, actor: User | None, user: User) -> None:
    """Ends somebody's part, at once on their sockets too. Everybody but the requester may leave by themselves.

    Raises:
        AgentsOnly: it is somebody else's part, and the actor doesn't work on the ticket.
        NotFound: the user takes no part.
        InvalidField: the requester can't be removed.
    """
    require_sight(actor, ticket)
    if actor is not None and actor != user and not user_works_on(actor, ticket):
        raise AgentsOnly
    row = Participant.objects.filter(ticket=ticket, user=user).first()
    if row is None:
        raise NotFound
    if row.role == Role.REQUESTER:
        raise InvalidField("The requester can't be removed.", field="user")
    row.delete()
