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

from realtime.errors import InvalidField
from tickets.conf import tickets_config
from tickets.custom_fields import checked_values, definitions_of
from tickets.models import Message, MessageKind, Status, Ticket
from tickets.selectors.people import agents
from tickets.states import TRANSITIONS


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
        help_texts = {
            "custom_fields": 'Values of the queue\'s fields by their keys, {"order": "A-1"}; {} for none.'
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if cleaned.get("custom_fields") and (queue := cleaned.get("queue")):
            try:
                checked_values(cleaned["custom_fields"], definitions_of(queue.custom_fields))
            except InvalidField as error:
                self.add_error("custom_fields", str(error))
        return cleaned


class TicketForm(forms.ModelForm[Ticket]):
    """A ticket that exists. Its status can only become what is legal from where it stands."""

    assignee = AssigneeField()
    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Ticket
        fields = ["subject", "queue", "status", "priority", "assignee", "tags"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "status" in self.fields:
            status = Status(self.instance.status)
            field: Any = self.fields["status"]
            field.choices = [(s.value, s.label) for s in (status, *TRANSITIONS[status])]
        if "seen_version" in self.fields:
            self.initial["seen_version"] = self.instance.version

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        seen = (cleaned or {}).get("seen_version")
        now = Ticket.objects.filter(pk=self.instance.pk).values_list("version", flat=True).first()
        if seen is not None and seen != now:
            raise ValidationError("Somebody changed this ticket meanwhile. Load it anew, please.")
        return cleaned


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
