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
from tickets.conf import tickets_config
from tickets.models import Queue, Ticket, Trigger, TriggerEvent
from tickets.models.ticket import Priority
from tickets.selectors.access import is_agent
from tickets.selectors.people import users, users_named
from tickets.states import TRANSITIONS, Status

logger = logging.getLogger("tickets.triggers")

_running: ContextVar[bool] = ContextVar("tickets_triggers_running", default=False)


class _Action(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    def check(self) -> None:
        """Raises `RealtimeError` where it could be done to no ticket."""

    def carry_out(self, ticket: Ticket) -> None:
        """Does it; raises `RealtimeError` where it can't be done."""


class Assign(_Action, frozen=True, tag="assign"):
    to: str

    def check(self) -> None:
        if not is_agent(_user(self.to)):
            raise InvalidField(f"{self.to!r} is no agent.")

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

    def check(self) -> None:
        _require_queue(self.to)

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        services.change_ticket(ticket=ticket, actor=None, changes={"queue": self.to})


class SetStatus(_Action, frozen=True, tag="set_status"):
    to: Status

    def check(self) -> None:
        if not any(self.to in moves for moves in TRANSITIONS.values()):
            raise InvalidField(f"No ticket can be made {self.to.value}.")

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        services.transition_ticket(ticket=ticket, actor=None, status=self.to.value)


class AddTag(_Action, frozen=True, tag="tag"):
    name: str

    def check(self) -> None:
        _require_text(self.name, "name", most=60)

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        names = [*ticket.tags.values_list("name", flat=True), self.name]
        services.change_ticket(ticket=ticket, actor=None, changes={"tags": names})


class Reply(_Action, frozen=True, tag="reply"):
    content: str

    def check(self) -> None:
        _require_text(self.content, "content", most=tickets_config().longest_message)

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        services.reply(ticket=ticket, actor=None, content=self.content)


class Note(_Action, frozen=True, tag="note"):
    content: str

    def check(self) -> None:
        _require_text(self.content, "content", most=tickets_config().longest_message)

    def carry_out(self, ticket: Ticket) -> None:
        from tickets import services

        services.add_note(ticket=ticket, actor=None, content=self.content)


class Notify(_Action, frozen=True, tag="notify"):
    users: tuple[str, ...]
    text: str

    def check(self) -> None:
        _require_text(self.text, "text", most=tickets_config().longest_message)
        if not self.users:
            raise InvalidField("users: name somebody.")
        for name in self.users:
            _user(name)

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


def check_actions(given: Any) -> None:
    """Raises `ValueError` or `RealtimeError` where actions aren't understood, or could be done to no ticket."""
    for action in actions_of(given):
        action.check()


def check_condition(text: str) -> None:
    """Raises `RealtimeError` where a condition isn't understood, or names whom or what there isn't."""
    from tickets.search import parse

    for condition in parse(text).conditions:
        if condition.key in ("assignee", "requester"):
            _require_person(str(condition.value))
        elif condition.key == "queue":
            _require_queue(str(condition.value))


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


def _require_text(text: str, name: str, *, most: int) -> None:
    from tickets.services.operation import clean_text

    clean_text(text, name, most=most)


def _require_queue(slug: str) -> None:
    """The default one is made with the first ticket."""
    if slug != tickets_config().default_queue and not Queue.objects.filter(slug=slug).exists():
        raise InvalidField(f"There is no queue {slug!r}.")


def _require_person(name: str) -> None:
    if name == "me":
        raise InvalidField("Triggers act as the desk itself: name a user instead of me.")
    if name != "none" and not users().filter(username=name).exists():
        raise InvalidField(f"There is no user {name!r}.")


def _user(name: str) -> Any:
    user = users_named([name]).get(name)
    if user is None:
        raise InvalidField(f"There is no active user {name!r}.")
    return user
