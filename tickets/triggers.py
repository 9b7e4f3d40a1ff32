"""Rules of the desk: if something happens to a ticket that a search describes, then actions are done, as the desk itself.

Actions: ``assign`` (``to``: a username), ``set_priority`` (``to``), ``set_queue`` (``to``: a slug), ``set_status`` (``to``),
``tag`` (``name``), ``reply`` and ``note`` (``content``), ``notify`` (``users``: usernames, ``text``). What actions do sets off no
further triggers. A trigger that fails leaves nothing behind and says so in its row; what set it off goes on.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from functools import partial
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from realtime.actor import acting_as
from realtime.errors import InvalidField, RealtimeError
from tickets.models import Ticket, Trigger, TriggerEvent
from tickets.models.ticket import Priority
from tickets.selectors.people import users_named
from tickets.states import Status

logger = logging.getLogger("tickets.triggers")

_running: ContextVar[bool] = ContextVar("tickets_triggers_running", default=False)


class _Action(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    def carry_out(self, ticket: Ticket) -> None:
        """Does it; raises `RealtimeError` where it can't be done."""


class Assign(_Action, frozen=True, tag="assign"):
    to: str

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        services.assign_ticket(ticket=ticket, actor=None, assignee=_user(self.to))


class SetPriority(_Action, frozen=True, tag="set_priority"):
    to: Priority

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        services.change_ticket(ticket=ticket, actor=None, changes={"priority": self.to.value})


class SetQueue(_Action, frozen=True, tag="set_queue"):
    to: str

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        services.change_ticket(ticket=ticket, actor=None, changes={"queue": self.to})


class SetStatus(_Action, frozen=True, tag="set_status"):
    to: Status

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        services.transition_ticket(ticket=ticket, actor=None, status=self.to.value)


class AddTag(_Action, frozen=True, tag="tag"):
    name: str

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        names = [*ticket.tags.values_list("name", flat=True), self.name]
        services.change_ticket(ticket=ticket, actor=None, changes={"tags": names})


class Reply(_Action, frozen=True, tag="reply"):
    content: str

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        services.reply(ticket=ticket, actor=None, content=self.content)


class Note(_Action, frozen=True, tag="note"):
    content: str

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        services.add_note(ticket=ticket, actor=None, content=self.content)


class Notify(_Action, frozen=True, tag="notify"):
    users: tuple[str, ...]
    text: str

    def carry_out(self, ticket: Ticket) -> None:
        from tickets.notifying import tell_by_trigger
        from tickets.selectors.access import users_who_work_on

        found = users_who_work_on(ticket, users_named(self.users).values())
        tell_by_trigger(ticket, found, self.text)


Action = Assign | SetPriority | SetQueue | SetStatus | AddTag | Reply | Note | Notify


def actions_of(given: Any) -> list[Action]:
    """The actions as a trigger has them.

    Raises:
        ValueError: they aren't understood; the text says where.
    """
    try:
        return msgspec.convert(given, list[Action])
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def run_triggers(event: TriggerEvent, ticket: Ticket) -> None:
    """Does what the triggers for this event say, in the caller's transaction."""
    if _running.get():
        return
    rules = list(Trigger.objects.filter(event=event, active=True))
    if not rules:
        return
    token = _running.set(True)
    try:
        with acting_as(None):
            for rule in rules:
                _run(rule, ticket)
    finally:
        _running.reset(token)


def _run(rule: Trigger, ticket: Ticket) -> None:
    error = ""
    try:
        with transaction.atomic():
            if not _applies(rule, ticket):
                return
            for action in actions_of(rule.actions):
                action.carry_out(Ticket.objects.get(pk=ticket.pk))
    except (RealtimeError, ValueError) as failure:
        logger.warning("the trigger %r failed on #%s: %s", rule.name, ticket.number, failure)
        error = str(failure)[:500]
    except Exception as failure:
        # Whatever it is, the change that set it off must not be lost.
        logger.exception("the trigger %r failed on #%s", rule.name, ticket.number)
        error = f"{type(failure).__name__}: {failure}"[:500]
    # Its row is every ticket's: whoever wrote it now would keep all others waiting.
    transaction.on_commit(partial(_write_down, rule.pk, error), robust=True)


def _write_down(pk: int, error: str) -> None:
    Trigger.objects.filter(pk=pk).update(
        runs=F("runs") + 1, last_run_at=timezone.now(), last_error=error
    )


def _applies(rule: Trigger, ticket: Ticket) -> bool:
    from tickets.search import find_tickets, parse

    if not rule.condition:
        return True
    return find_tickets(parse(rule.condition), None).filter(pk=ticket.pk).exists()


def _user(name: str) -> Any:
    user = users_named([name]).get(name)
    if user is None:
        raise InvalidField(f"There is no active user {name!r}.")
    return user
