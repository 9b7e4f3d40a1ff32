"""Changing what a ticket says about itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from realtime.errors import InvalidField
from tickets.custom_fields import FieldDefinition, checked_fields, definitions_of
from tickets.models import Tag, Ticket, TriggerEvent
from tickets.services.auto_assign import auto_assign
from tickets.services.create import clean_priority, queue_named
from tickets.services.operation import (
    clean_text,
    locked,
    operation,
    require_agent,
    require_not_merged,
    require_version,
)
from tickets.triggers import run_triggers

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CHANGEABLE = ("subject", "priority", "queue", "tags", "custom_fields")


@operation
def change_ticket(
    *,
    ticket: Ticket,
    actor: User | None,
    changes: Mapping[str, Any],
    expected_versions: Collection[int] | None = None,
) -> Ticket:
    """Changes some of `CHANGEABLE`; ``queue`` is a slug, ``tags`` are names (new ones are made).

    ``custom_fields`` are all values of the queue's fields; what the ticket has of fields of other queues stays as it is.

    Raises:
        AgentsOnly: the actor doesn't work on the ticket.
        Stale: it isn't at one of ``expected_versions``.
        InvalidField: a value is wrong, or there is no such field.
    """
    require_agent(actor, ticket)
    ticket = locked(ticket)
    require_version(ticket, expected_versions)
    require_not_merged(ticket)
    if unknown := set(changes) - set(CHANGEABLE):
        name = sorted(unknown)[0]
        raise InvalidField(f"{name} can't be changed here.", field=name)
    written = _values(ticket, changes)
    tags = _tags_named(changes["tags"]) if "tags" in changes else None
    retagged = tags is not None and set(tags) != set(ticket.tags.all())
    if retagged and not written:
        ticket.version += 1
        written = ["version"]
    if written:
        ticket.save(update_fields=written)
    if retagged:
        # After the save, so that what listeners are told has the new version.
        ticket.tags.set(tags or [])
    if "queue" in written and ticket.assignee_id is None:
        auto_assign(ticket)
    if written:
        run_triggers(TriggerEvent.TICKET_CHANGED, ticket)
    return ticket


def _values(ticket: Ticket, changes: Mapping[str, Any]) -> list[str]:
    """Sets the columns that change, and returns their names."""
    wanted: dict[str, Any] = {}
    if "subject" in changes:
        wanted["subject"] = clean_text(changes["subject"], "subject", most=250)
    if "priority" in changes:
        wanted["priority"] = clean_priority(changes["priority"])
    if "queue" in changes:
        wanted["queue"] = queue_named(clean_text(changes["queue"], "queue", most=60))
    if "custom_fields" in changes:
        queue = wanted.get("queue", ticket.queue)
        definitions = definitions_of(queue.custom_fields)
        values = checked_fields(changes["custom_fields"], definitions)
        wanted["custom_fields"] = {**_of_other_queues(ticket, definitions), **values}
    changed = [name for name, value in wanted.items() if getattr(ticket, name) != value]
    for name in changed:
        setattr(ticket, name, wanted[name])
    return changed


def _of_other_queues(ticket: Ticket, definitions: list[FieldDefinition]) -> dict[str, Any]:
    """Values that the ticket had where it was before: they stay, for the case that it goes back."""
    known = {definition.key for definition in definitions}
    return {key: value for key, value in ticket.custom_fields.items() if key not in known}


def _tags_named(names: Any) -> list[Tag]:
    if not isinstance(names, list) or len(names) > 30:
        raise InvalidField("tags must be a list of at most 30 names.", field="tags")
    cleaned = dict.fromkeys(_tag_name(name) for name in names)
    found = {tag.name: tag for tag in Tag.objects.filter(name__in=cleaned)}
    for name in cleaned:
        if name not in found:
            found[name], _ = Tag.objects.get_or_create(name=name)
    return [found[name] for name in cleaned]


def _tag_name(name: Any) -> str:
    """In lower case, as tags are; some letters (İ) take more characters then."""
    return clean_text(clean_text(name, "tags", most=60).lower(), "tags", most=60)
