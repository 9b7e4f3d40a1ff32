"""What the customer thinks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime.errors import Conflict, InvalidField
from tickets.errors import NotYours
from tickets.models import Rating, Status, Ticket
from tickets.notifying import tell_rated
from tickets.services.operation import clean_text, locked, operation, require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_RATED = (Status.RESOLVED, Status.CLOSED)


@operation
def rate_ticket(*, ticket: Ticket, actor: User, score: int, comment: str = "") -> Rating:
    """Says how it was, 1 to 5, once it is solved; the requester may think again.

    Raises:
        NotYours: somebody else is its requester.
        Conflict: it isn't solved.
        InvalidField: the score is none.
    """
    require_sight(actor, ticket)
    if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5:
        raise InvalidField("score is a whole number from 1 to 5.", field="score")
    ticket = locked(ticket)
    if actor.pk != ticket.requester_id:
        raise NotYours("Only its requester rates a ticket.")
    if ticket.status not in _RATED:
        raise Conflict("A ticket is rated once it is solved.")
    given = {
        "score": score,
        "comment": clean_text(comment, "comment", most=2_000) if comment.strip() else "",
        "rated_by": actor,
    }
    rating, created = Rating.objects.update_or_create(ticket=ticket, defaults=given)
    if created:
        tell_rated(ticket, score, actor)
    return rating
