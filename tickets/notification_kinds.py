"""What the desk notifies about. Templates are filled with ``actor`` and what `tickets.notifying` gives."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy as _

from notifications.registry import register_kind
from tickets.quoting import messages_in_full
from tickets.selectors.access import is_agent

_register_for_agents = partial(register_kind, concerns=is_agent)
_WHO_WORKS_ON_IT = _("The assignee; all agents of the queue while nobody is assigned")
_WHO_SAID_WHAT = _("%(actor)s: %(excerpt)s")

_register_for_agents(
    "ticket.created",
    label=_("New ticket"),
    audience=_("Agents of the queue who want it"),
    channels=(),
    title=_("New ticket #%(number)s: %(subject)s"),
    message="%(excerpt)s",
    in_full=messages_in_full,
)
_register_for_agents(
    "ticket.assigned",
    label=_("Ticket assigned to you"),
    audience=_("The new assignee"),
    title=_("#%(number)s was assigned to you: %(subject)s"),
)
register_kind(
    "ticket.replied",
    label=_("Reply"),
    audience=_("Everybody in the conversation; all agents of the queue while nobody is assigned"),
    title=_("New reply on #%(number)s: %(subject)s"),
    message=_WHO_SAID_WHAT,
    bundled_title=_("%(count)s new replies on #%(number)s: %(subject)s"),
    in_full=messages_in_full,
)
_register_for_agents(
    "ticket.noted",
    label=_("Internal note"),
    audience=_("Agents who follow the ticket"),
    title=_("New note on #%(number)s: %(subject)s"),
    message=_WHO_SAID_WHAT,
    bundled_title=_("%(count)s new notes on #%(number)s: %(subject)s"),
    in_full=messages_in_full,
)
register_kind(
    "ticket.mentioned",
    label=_("Somebody mentions you"),
    audience=_("Who is mentioned and may read it"),
    mention=True,
    title=_("%(actor)s mentioned you on #%(number)s: %(subject)s"),
    message="%(excerpt)s",
    in_full=messages_in_full,
)
register_kind(
    "ticket.resolved",
    label=_("Ticket solved"),
    audience=_("The requester"),
    level="success",
    title=_("#%(number)s is solved: %(subject)s"),
)
register_kind(
    "ticket.added",
    label=_("You take part in a ticket"),
    audience=_("Who was added"),
    title=_("You now take part in #%(number)s: %(subject)s"),
    message="%(excerpt)s",
    in_full=messages_in_full,
)
_register_for_agents(
    "sla.warning",
    label=_("Promise soon broken"),
    audience=_WHO_WORKS_ON_IT,
    level="warning",
    urgent=True,
    title=_("#%(number)s is due soon: %(subject)s"),
    message=_("Most of the time for its %(metric)s has passed."),
)
_register_for_agents(
    "sla.breached",
    label=_("Promise broken"),
    audience=_WHO_WORKS_ON_IT,
    level="error",
    urgent=True,
    title=_("#%(number)s is overdue: %(subject)s"),
    message=_("The time for its %(metric)s has passed."),
)
_register_for_agents(
    "ticket.woke",
    label=_("Snoozed ticket is back"),
    audience=_WHO_WORKS_ON_IT,
    title=_("#%(number)s is back: %(subject)s"),
)
_register_for_agents(
    "ticket.rated",
    label=_("A customer rated a ticket"),
    audience=_("The assignee"),
    title=_("#%(number)s was rated %(score)s of 5: %(subject)s"),
)
_register_for_agents(
    "ticket.trigger",
    label=_("A trigger of the desk"),
    audience=_("Whom the trigger names"),
    title=_("#%(number)s: %(text)s"),
)
