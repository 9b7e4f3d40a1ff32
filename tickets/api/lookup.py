"""From what a request says to checked values and to rows that its user may see; anything else is 400 or 404."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from realtime.errors import InvalidField
from tickets.errors import NotFound
from tickets.models import Message, Ticket
from tickets.selectors.access import tickets_visible_to, user_works_on
from tickets.selectors.conversation import messages_visible_to
from tickets.selectors.people import users

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.models import User


def user_of(request: Request) -> User:
    return cast("User", request.user)


def visible_ticket(request: Request, ticket_id: UUID) -> Ticket:
    """A ticket that the caller sees.

    Raises:
        NotFound: there is none.
    """
    found = tickets_visible_to(user_of(request)).filter(pk=ticket_id).first()
    if found is None:
        raise NotFound
    return found


def visible_message(request: Request, ticket_id: UUID, message_id: UUID) -> Message:
    """A message that the caller may read.

    Raises:
        NotFound: there is none.
    """
    ticket = visible_ticket(request, ticket_id)
    works_on = user_works_on(user_of(request), ticket)
    messages = messages_visible_to(user_of(request), ticket, works_on=works_on)
    found = messages.select_related("ticket").filter(pk=message_id).first()
    if found is None:
        raise NotFound
    return found


def user_with_id(value: Any, field: str) -> User:
    """An active user by the id that a client gave.

    Raises:
        InvalidField: there is none.
    """
    text = str(value)
    found = None
    if text.isascii() and text.isdigit() and len(text) <= 18:
        found = users().filter(pk=int(text), is_active=True).first()
    if found is None:
        raise InvalidField("There is no such user.", field=field)
    return found


def checked(serializer_class: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """The body of a request as this serializer takes it.

    Raises:
        ValidationError: it is wrong; each field says how.
    """
    return checked_values(serializer_class, request.data)


def checked_values(serializer_class: type[BaseSerializer[Any]], data: Any) -> dict[str, Any]:
    """The same of a part of a body."""
    serializer = serializer_class(data=data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
