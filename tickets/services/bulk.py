"""The same for many tickets: each by itself, so that one that is refused keeps no other from being done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from realtime.errors import RealtimeError
from tickets.errors import NotFound
from tickets.models import Ticket
from tickets.selectors.access import tickets_visible_to

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.models import User


def change_many(
    *, ids: Sequence[UUID], actor: User, service: Callable[..., Any], **arguments: Any
) -> list[dict[str, Any]]:
    """Calls ``service(ticket=…, actor=…, **arguments)`` for each ticket, and returns one result for each, in order.

    A result is ``{"id", "ok", "code", "detail"}``, the last two None where it was done. What the actor can't see is not found.
    """
    found: dict[UUID, Ticket] = tickets_visible_to(actor).in_bulk(list(ids))
    return [_result(pk, found.get(pk), actor, service, arguments) for pk in dict.fromkeys(ids)]


def _result(
    pk: UUID,
    ticket: Ticket | None,
    actor: User,
    service: Callable[..., Any],
    arguments: dict[str, Any],
) -> dict[str, Any]:
    try:
        if ticket is None:
            raise NotFound
        service(ticket=ticket, actor=actor, **arguments)
    except RealtimeError as error:
        return {"id": str(pk), "ok": False, "code": error.code, "detail": str(error)}
    return {"id": str(pk), "ok": True, "code": None, "detail": None}
