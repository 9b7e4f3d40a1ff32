"""Forms of tickets in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.forms import ActionForm
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from tickets.conf import tickets_config
from tickets.custom_fields import definitions_of
from tickets.models import Message, MessageKind, Participant, Status, Ticket
from tickets.selectors.people import agents, users
from tickets.states import TRANSITIONS

_FIELDS_HELP = 'Values of the queue\'s fields by their keys, {"order": "A-1"}; {} for none.'


class AssigneeField(forms.ModelChoiceField):  # type: ignore[type-arg]  # the user model is settings'
    """One of the agents, or nobody."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(agents(), required=False, widget=UnfoldAdminSelectWidget, **kwargs)


class NewTicketForm(forms.ModelForm[Ticket]):
    """A ticket with its first message."""

    content = forms.CharField(
        max_length=tickets_config().longest_message,
        widget=UnfoldAdminTextareaWidget,
        help_text="The first message, in Markdown.",
    )
    assignee = AssigneeField()

    class Meta:
        model = Ticket
        fields = [
            *("subject", "content", "requester", "queue", "priority", "assignee"),
            "custom_fields",
        ]
        help_texts = {"custom_fields": _FIELDS_HELP}


class TicketForm(forms.ModelForm[Ticket]):
    """A ticket that exists. Its status can only become what is legal from where it stands."""

    assignee = AssigneeField()
    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Ticket
        fields = ["subject", "queue", "status", "priority", "assignee", "tags", "custom_fields"]
        labels = {"custom_fields": "Change them"}
        help_texts = {"custom_fields": _FIELDS_HELP}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ticket, fields = self.instance, self.fields
        if "status" in fields:
            status = Status(ticket.status)
            field: Any = fields["status"]
            field.choices = [(s.value, s.label) for s in (status, *TRANSITIONS[status])]
        if "assignee" in fields:
            # Who is no agent any more stays assigned until somebody chooses another.
            present: Any = ticket.assignee_id
            field = fields["assignee"]
            field.queryset = agents() | users().filter(pk=present)
        if "custom_fields" in fields:
            fields["custom_fields"].show_hidden_initial = False
            self.initial["custom_fields"] = values_in_queue(ticket)
        if "seen_version" in fields:
            self.initial["seen_version"] = ticket.version

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        seen = (cleaned or {}).get("seen_version")
        now = Ticket.objects.filter(pk=self.instance.pk).values_list("version", flat=True).first()
        if seen is not None and seen != now:
            raise ValidationError("Somebody changed this ticket meanwhile. Load it anew, please.")
        return cleaned

    def clean_custom_fields(self) -> dict[str, Any]:
        given = self.cleaned_data["custom_fields"]
        if not isinstance(given, dict | None):
            raise ValidationError('Write {"order": "A-1"}, or {} for none.')
        return given or {}


def values_in_queue(ticket: Ticket) -> dict[str, Any]:
    """What the ticket has of its queue's fields."""
    known = {definition.key for definition in definitions_of(ticket.queue.custom_fields)}
    return {key: value for key, value in ticket.custom_fields.items() if key in known}


class ParticipantForm(forms.ModelForm[Participant]):
    """Another user is another row: whoever is to go is removed."""

    class Meta:
        model = Participant
        fields = ["user", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "user" in self.fields and not self.instance._state.adding:
            self.fields["user"].disabled = True


class SayForm(forms.ModelForm[Message]):
    """A reply or a note."""

    kind = forms.ChoiceField(
        choices=[(kind.value, kind.label) for kind in (MessageKind.REPLY, MessageKind.NOTE)],
        initial=MessageKind.REPLY,
        widget=UnfoldAdminSelectWidget,
    )
    content = forms.CharField(
        max_length=tickets_config().longest_message, widget=UnfoldAdminTextareaWidget
    )

    class Meta:
        model = Message
        fields = ["kind", "content"]


class TicketActionForm(ActionForm):  # type: ignore[misc]  # unfold has no type information
    """Whom the action "Assign" is about."""

    assignee = AssigneeField(label="", empty_label="Choose an agent")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].widget.attrs["aria-label"] = "Assignee"
