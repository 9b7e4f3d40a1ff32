"""What every operation on tickets shares: one transaction, done as the actor, on a locked row."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from realtime.actor import acting_as
from realtime.errors import Forbidden, InvalidField, MissingField
from realtime.undoing import undoable
from tickets.errors import AgentsOnly, NotFound, Stale, TicketMerged
from tickets.models import Status, Ticket
from tickets.selectors.access import user_can_see, user_works_on

P = ParamSpec("P")
R = TypeVar("R")


def operation(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a service one transaction, whose events are the doing of ``actor`` (None: of the desk itself)."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with acting_as(kwargs.get("actor")), undoable():
            return function(*args, **kwargs)

    return run


def locked(ticket: Ticket) -> Ticket:
    """The ticket as stored now, locked until the transaction ends.

    Raises:
        NotFound: it was deleted meanwhile.
    """
    found = Ticket.objects.select_for_update(of=("self",)).filter(pk=ticket.pk).first()
    if found is None:
        raise NotFound
    return found


def require_sight(actor: Any, ticket: Ticket) -> None:
    """Raises `Forbidden` unless the actor (None: the desk itself) sees the ticket."""
    if actor is not None and not user_can_see(actor, ticket):
        raise Forbidden("There is no such ticket for you.")


def require_agent(actor: Any, ticket: Ticket) -> None:
    """Raises `AgentsOnly` unless the actor (None: the desk itself) works on the ticket."""
    if actor is not None and not user_works_on(actor, ticket):
        raise AgentsOnly


def require_not_merged(ticket: Ticket) -> None:
    """Raises `TicketMerged`, which names where the conversation goes on."""
    if ticket.status == Status.MERGED:
        target = ticket.merged_into_id
        raise TicketMerged(merged_into=str(target) if target else None)


def require_version(ticket: Ticket, expected: Collection[int] | None) -> None:
    """Raises `Stale` unless the ticket is at one of the expected versions (None: at any)."""
    if expected is not None and ticket.version not in expected:
        raise Stale(version=ticket.version)


def clean_text(value: Any, name: str, *, most: int) -> str:
    """A text that can be stored and isn't blank, without white space around it.

    Raises:
        MissingField: it is blank.
        InvalidField: it is no text, too long, or has characters that can't be stored.
    """
    if not isinstance(value, str):
        raise InvalidField(f"{name} must be a string.", field=name)
    text = value.strip()
    if not text:
        raise MissingField(f"{name} is required.", field=name)
    if len(text) > most:
        raise InvalidField(f"{name} has more than {most} characters.", field=name)
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise InvalidField(f"{name} has characters that can't be stored.", field=name)
    return text


def clean_client_id(value: Any) -> str | None:
    """A client's id for what it creates; None where it gave none."""
    return None if value is None else clean_text(value, "client_id", most=80)
