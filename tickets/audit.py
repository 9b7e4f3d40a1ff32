"""The audit of tickets: every change of a ticket, its tags, people and messages, whoever made it and how."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models

from realtime.actor import current_actor
from realtime.capture.declaring import changed_fields
from realtime.capture.observing import Observer, observe
from realtime.jsontext import dump_json, load_json
from tickets.models import Message, Participant, Ticket, TicketEvent
from tickets.models.ticket import FOLLOWING_FIELDS

Entry = tuple[Any, dict[str, Any], dict[str, Any]]
"""Ticket id, before, after."""


class TicketAudit(Observer):
    """Observes tickets."""

    def created(self, rows: list[Any]) -> None:
        write("ticket.created", [(row.pk, {}, _at_first(row)) for row in rows])

    def changed(self, pairs: list[tuple[Any, Any]]) -> None:
        for old, new in pairs:
            fields = sorted(changed_fields(old, new) - FOLLOWING_FIELDS)
            if fields:
                names = [_column(field) for field in fields]
                write("ticket.changed", [(new.pk, _values(old, names), _values(new, names))])

    def related_changed(self, field: str, rows: list[Any]) -> None:
        if field == "tags":
            write("ticket.tagged", [(row.pk, _tags_before(row), _tags(row)) for row in rows])


class ParticipantAudit(Observer):
    """Observes participants."""

    def created(self, rows: list[Any]) -> None:
        entries: list[Entry] = [
            (row.ticket_id, {}, _values(row, ("user_id", "role"))) for row in rows
        ]
        write("participant.added", entries)

    def changed(self, pairs: list[tuple[Any, Any]]) -> None:
        for old, new in pairs:
            shown = ("user_id", "role")
            write(
                "participant.changed", [(new.ticket_id, _values(old, shown), _values(new, shown))]
            )

    def deleted(self, rows: list[Any]) -> None:
        still = set(
            Ticket.objects.filter(pk__in={row.ticket_id for row in rows}).values_list(
                "pk", flat=True
            )
        )
        entries: list[Entry] = [
            (row.ticket_id, _values(row, ("user_id", "role")), {})
            for row in rows
            if row.ticket_id in still
        ]
        write("participant.removed", entries)


class MessageAudit(Observer):
    """Observes messages: that they were edited, deleted or moved, not what they say (revisions have that)."""

    def changed(self, pairs: list[tuple[Any, Any]]) -> None:
        for old, new in pairs:
            about = {"message": new.pk, "kind": new.kind}
            if old.ticket_id != new.ticket_id:
                before, after = {"ticket": old.ticket_id}, {"ticket": new.ticket_id}
                entry = ({**about, **before}, {**about, **after})
                write("message.moved", [(old.ticket_id, *entry), (new.ticket_id, *entry)])
            if old.deleted_at != new.deleted_at:
                write("message.deleted", [(new.ticket_id, about, {})])
            elif old.content != new.content:
                write("message.edited", [(new.ticket_id, about, about)])


def write(action: str, entries: Iterable[Entry]) -> None:
    """Writes entries (ticket id, before, after) as the acting user's doing."""
    actor = current_actor()
    rows = [
        TicketEvent(
            ticket_id=ticket_id,
            actor_id=actor.id if actor and actor.id else None,
            actor_name=actor.username if actor else "",
            action=action,
            before=_json(before),
            after=_json(after),
        )
        for ticket_id, before, after in entries
    ]
    if rows:
        TicketEvent.objects.bulk_create(rows)


def _at_first(ticket: Ticket) -> dict[str, Any]:
    shown = ["subject", "status", "priority", "queue_id", "assignee_id", "requester_id"]
    if ticket.custom_fields:
        shown.append("custom_fields")
    return _values(ticket, shown)


def _values(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    return {name.removesuffix("_id"): getattr(row, name) for name in names}


def _column(name: str) -> str:
    field: Any = Ticket._meta.get_field(name)
    return str(field.attname)


def _tags(ticket: Ticket) -> dict[str, Any]:
    return {"tags": list(ticket.tags.values_list("name", flat=True))}


def _tags_before(ticket: Ticket) -> dict[str, Any]:
    """As the audit has them: the rows are another set already. Nothing where it doesn't reach back to the ticket's beginning."""
    known = TicketEvent.objects.filter(
        ticket=ticket.pk, action__in=["ticket.created", "ticket.tagged"]
    )
    last = known.order_by("-id").first()
    return {} if last is None else {"tags": last.after.get("tags", [])}


def _json(values: dict[str, Any]) -> Any:
    return load_json(dump_json(values))


def observe_changes() -> None:
    """Starts writing; called when topics are declared."""
    observe(Ticket, TicketAudit())
    observe(Participant, ParticipantAudit())
    observe(Message, MessageAudit())
