"""What a ticket's page saves, by the services, in an order in which nobody's say ends before all is said.

Everything is one transaction: where a service refuses, nothing is saved (`tickets.admin.refusals`).
"""

from __future__ import annotations

from typing import Any

from django.forms import BaseModelFormSet, ModelForm

from tickets import services
from tickets.models import Message, Participant, Ticket


def file_ticket(actor: Any, given: dict[str, Any]) -> Ticket:
    """A superuser files for anybody; the service lets agents do so in their queues."""
    ticket, _ = services.create_ticket(
        actor=actor,
        subject=given["subject"],
        content=given["content"],
        priority=given["priority"],
        queue=given["queue"].slug,
        requester=given["requester"],
        custom_fields=given["custom_fields"] or None,
    )
    if given.get("assignee") is not None:
        services.assign_ticket(ticket=ticket, actor=actor, assignee=given["assignee"])
    return Ticket.objects.get(pk=ticket.pk)


def change_ticket(actor: Any, ticket: Ticket, form: ModelForm[Ticket]) -> None:
    """What doesn't end the actor's say in it."""
    given, changed = form.cleaned_data, set(form.changed_data)
    if "assignee" in changed and not _is_own(actor, form):
        services.assign_ticket(ticket=ticket, actor=actor, assignee=given["assignee"])
    if "status" in changed:
        services.transition_ticket(ticket=ticket, actor=actor, status=given["status"])
    changes: dict[str, Any] = {
        name: given[name] for name in ("subject", "priority") if name in changed
    }
    if "tags" in changed:
        changes["tags"] = [tag.name for tag in given["tags"]]
    if "custom_fields" in changed and "queue" not in changed:
        changes["custom_fields"] = given["custom_fields"]
    if changes:
        services.change_ticket(ticket=ticket, actor=actor, changes=changes)


def say(actor: Any, ticket: Ticket, formset: BaseModelFormSet[Message, Any]) -> None:
    for message in formset.save(commit=False):
        post = services.add_note if message.is_note else services.reply
        post(ticket=ticket, actor=actor, content=message.content)


def change_people(actor: Any, ticket: Ticket, formset: BaseModelFormSet[Participant, Any]) -> None:
    rows = formset.save(commit=False)
    for row in formset.deleted_objects:
        services.remove_participant(ticket=ticket, actor=actor, user=row.user)
    for row in rows:
        services.add_participant(ticket=ticket, actor=actor, user=row.user, role=row.role)


def hand_over(actor: Any, ticket: Ticket, form: ModelForm[Ticket]) -> None:
    """What may: another queue's agents work on it then, or somebody else than the actor, whose it was."""
    given, changed = form.cleaned_data, set(form.changed_data)
    if "queue" in changed:
        changes = {"queue": given["queue"].slug}
        if "custom_fields" in changed:
            changes["custom_fields"] = given["custom_fields"]
        services.change_ticket(ticket=ticket, actor=actor, changes=changes)
    if "assignee" in changed and _is_own(actor, form):
        services.assign_ticket(ticket=ticket, actor=actor, assignee=given["assignee"])


def _is_own(actor: Any, form: ModelForm[Ticket]) -> bool:
    """Whether it was assigned to the actor; the form's ticket has the new assignee already."""
    return bool(form.initial["assignee"] == actor.pk)
