"""What a PATCH of a ticket asks for: what can be changed there, and nothing that only looks as if it could."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rest_framework.request import Request

from tickets.api.lookup import checked_values, user_of
from tickets.models import Ticket
from tickets.selectors.access import user_works_on
from tickets.serializers.detail import TicketDetailSerializer
from tickets.serializers.representing import shown_by
from tickets.serializers.ticket import (
    AgentTicketSerializer,
    TicketChangesSerializer,
    TicketSerializer,
)
from tickets.services.change import CHANGEABLE

_HELD = frozenset(
    [
        *("id", "number", "title", "status", "queue_name", "requester", "assignee"),
        *("merged_into", "snoozed_until"),
    ]
)
"""What stays until somebody changes it, elsewhere. The rest that a ticket is shown with moves by itself, as replies come."""


def changes_in(
    request: Request, ticket: Ticket, expected: Collection[int] | None
) -> dict[str, Any]:
    """The changes, without what the caller only sends back as it was shown.

    At none of the ``expected`` versions the caller is stale, and is to be told that rather than what differs.

    Raises:
        ValidationError: values are wrong, or names can't be changed here.
    """
    given = request.data
    if isinstance(given, Mapping) and not set(given) <= set(CHANGEABLE):
        is_stale = expected is not None and ticket.version not in expected
        echoed = _echoed(given, request, ticket, any_value=is_stale)
        given = {name: value for name, value in given.items() if name not in echoed}
    return checked_values(TicketChangesSerializer, given)


def _echoed(
    given: Mapping[str, Any], request: Request, ticket: Ticket, *, any_value: bool
) -> set[str]:
    """Names beside those that can be changed which the caller is shown, with the value that they have."""
    works_on = user_works_on(user_of(request), ticket)
    shown = shown_by(AgentTicketSerializer if works_on else TicketSerializer)(ticket)
    names = (set(TicketDetailSerializer.Meta.fields) - _HELD) | set(shown)
    return {
        name
        for name in names.intersection(given) - set(CHANGEABLE)
        if any_value or name not in _HELD or _plain(given[name]) == _plain(shown[name])
    }


def _plain(value: Any) -> Any:
    """People are shown with their names, and named by their ids."""
    return value.get("id") if isinstance(value, Mapping) else value
