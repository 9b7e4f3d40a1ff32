"""Tickets in the admin: the list that agents work through, and the page of one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import display

from tickets import services
from tickets.admin import saving
from tickets.admin.exchange import Exports, TicketResource
from tickets.admin.forms import (
    AssigneeField,
    NewTicketForm,
    ParticipantForm,
    SayForm,
    TicketActionForm,
    TicketForm,
)
from tickets.admin.refusals import SaysRefusals, tried_on_each
from tickets.attachment_keys import keyed_address
from tickets.custom_fields import definitions_of
from tickets.models import (
    ClockState,
    Message,
    MessageKind,
    Participant,
    Role,
    SLAClock,
    Status,
    Ticket,
)
from tickets.selectors.access import queues_of, tickets_worked_on_by
from tickets.selectors.conversation import attachments_visible_to

_MOST_SHOWN = 50

_STATUS_COLOURS = {
    Status.NEW: "info",
    Status.OPEN: "warning",
    Status.RESOLVED: "success",
    Status.CLOSED: "success",
}
_PRIORITY_COLOURS = {"high": "warning", "urgent": "danger"}


def _said_of(clock: SLAClock) -> str:
    """How a promise stands."""
    if clock.state == ClockState.RUNNING and clock.due_at is not None:
        overdue = clock.breached_at is not None or clock.due_at <= timezone.now()
        return f"{'overdue since' if overdue else 'due'} {clock.due_at:%Y-%m-%d %H:%M} UTC"
    if clock.breached_at is not None:
        return f"broken {clock.breached_at:%Y-%m-%d %H:%M} UTC"
    return "paused" if clock.state == ClockState.PAUSED else "kept"


class SayInline(StackedInline):  # type: ignore[misc]  # unfold has no type information
    """Room for one more message. Those that are there are on the page already."""

    model = Message
    form = SayForm
    extra = 1
    max_num = 1
    can_delete = False
    verbose_name = "reply or note"
    verbose_name_plural = "Reply"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return Message.objects.none()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.has_add_permission(request, obj))


class ParticipantInline(TabularInline):  # type: ignore[misc]  # unfold has no type information
    model = Participant
    form = ParticipantForm
    fields = ["user", "role"]
    autocomplete_fields = ["user"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        rows: QuerySet[Participant] = super().get_queryset(request)
        return rows.exclude(role=Role.REQUESTER).select_related("user")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kw: Any) -> Any:
        if db_field.name == "role":
            kw["choices"] = [(r.value, r.label) for r in (Role.CC, Role.WATCHER, Role.AGENT)]
        return super().formfield_for_choice_field(db_field, request, **kw)


@admin.register(Ticket)
class TicketAdmin(SaysRefusals, Exports):
    """Only tickets whose internal side is open to the user: notes are on the page."""

    list_display = [
        "shown_number",
        "subject",
        "shown_status",
        "shown_priority",
        "queue",
        "requester",
        "assignee",
        "last_reply_at",
    ]
    list_display_links = ["shown_number", "subject"]
    list_filter = [
        "status",
        "priority",
        "queue",
        ("assignee", admin.RelatedOnlyFieldListFilter),
        "tags",
        "created_at",
    ]
    list_select_related = ["queue", "requester", "assignee"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["=number", "subject", "=requester__username"]
    search_help_text = "Number, subject, or the requester's username"
    date_hierarchy = "created_at"
    ordering = ["-id"]
    autocomplete_fields = ["requester", "tags"]
    readonly_fields = [
        *("requester_and_times", "promises", "fields_of_queue", "conversation", "history")
    ]
    inlines = [SayInline, ParticipantInline]
    resource_classes = [TicketResource]
    action_form = TicketActionForm
    actions = ["assign", "assign_to_me", "resolve", "close", "reopen"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return tickets_worked_on_by(request.user).order_by("-id")

    # --- the page ---

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        kwargs["form"] = NewTicketForm if obj is None else TicketForm
        form = super().get_form(request, obj, **kwargs)
        if obj is None:
            form.base_fields["queue"].queryset = queues_of(request.user)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": NewTicketForm.Meta.fields})]
        has_fields = bool(definitions_of(obj.queue.custom_fields))
        return [
            (None, {"fields": ["conversation"]}),
            (
                "Ticket",
                {
                    "fields": [
                        ("subject", "requester_and_times"),
                        ("status", "priority"),
                        ("assignee", "queue"),
                        "tags",
                        "promises",
                        "fields_of_queue",
                        *(["custom_fields"] if has_fields else []),
                        "seen_version",
                    ]
                },
            ),
            ("History", {"fields": ["history"], "classes": ["collapse"]}),
        ]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else []

    @admin.display(description="requester")
    def requester_and_times(self, ticket: Ticket) -> str:
        return f"{ticket.requester or 'deleted user'}, {ticket.created_at:%Y-%m-%d %H:%M} UTC"

    @admin.display(description="custom fields", empty_value="–")
    def fields_of_queue(self, ticket: Ticket) -> str | None:
        values = ticket.custom_fields
        known = [one for one in definitions_of(ticket.queue.custom_fields) if one.key in values]
        return ", ".join(f"{one.label}: {values[one.key]}" for one in known) or None

    @admin.display(description="conversation")
    def conversation(self, ticket: Ticket) -> SafeString:
        rows = Message.objects.filter(ticket=ticket).select_related("author").order_by("-id")
        latest = list(rows.prefetch_related("attachments")[:_MOST_SHOWN])[::-1]
        context = {"messages": latest, "more": len(latest) == _MOST_SHOWN, "Kind": MessageKind}
        return render_to_string("tickets/admin/conversation.html", context)

    @admin.display(description="promises", empty_value="–")
    def promises(self, ticket: Ticket) -> SafeString | None:
        lines = [
            (f"{clock.get_metric_display()}: {_said_of(clock)}",) for clock in ticket.clocks.all()
        ]
        return format_html_join(mark_safe("<br>"), "{}", lines) or None

    @admin.display(description="history")
    def history(self, ticket: Ticket) -> SafeString:
        context = {"entries": ticket.audit.select_related("actor")[:_MOST_SHOWN]}
        return render_to_string("tickets/admin/history.html", context)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.file_view)
        file = path(
            "<uuid:ticket_id>/files/<uuid:attachment_id>/", view, name="tickets_ticket_file"
        )
        return [file, *super().get_urls()]

    def file_view(self, request: HttpRequest, ticket_id: UUID, attachment_id: UUID) -> HttpResponse:
        """Leads to a file of a ticket that the user works on."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        ticket = get_object_or_404(self.get_queryset(request), pk=ticket_id)
        files = attachments_visible_to(ticket, works_on=True)
        return redirect(keyed_address(get_object_or_404(files, pk=attachment_id), request.user))

    # --- the list ---

    @admin.display(description="number", ordering="number")
    def shown_number(self, ticket: Ticket) -> str:
        return f"#{ticket.number}"

    @display(description="status", ordering="status", label=_STATUS_COLOURS)  # type: ignore[untyped-decorator]
    def shown_status(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.status, ticket.get_status_display()

    @display(description="priority", label=_PRIORITY_COLOURS)  # type: ignore[untyped-decorator]
    def shown_priority(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.priority, ticket.get_priority_display()

    # --- saving ---

    def save_model(
        self, request: HttpRequest, obj: Ticket, form: ModelForm[Ticket], change: bool
    ) -> None:
        if change:
            saving.change_ticket(request.user, obj, form)
        else:
            filed = saving.file_ticket(request.user, form.cleaned_data)
            obj.__dict__.update(filed.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Tags are the service's; what is left are the inlines."""
        for formset in formsets:
            save = saving.say if formset.model is Message else saving.change_people
            save(request.user, form.instance, formset)
        if change:
            saving.hand_over(request.user, form.instance, form)

    # --- actions ---

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description="Assign to the one chosen", permissions=["change"])
    def assign(self, request: HttpRequest, chosen: QuerySet[Ticket]) -> None:
        assignee = AssigneeField().clean(request.POST.get("assignee"))
        if assignee is None:
            messages.error(request, "Choose an agent.")
            return
        self._on_each(request, chosen, services.assign_ticket, "Assigned", assignee=assignee)

    @admin.action(description="Assign to me", permissions=["change"])
    def assign_to_me(self, request: HttpRequest, chosen: QuerySet[Ticket]) -> None:
        self._on_each(request, chosen, services.assign_ticket, "Assigned", assignee=request.user)

    @admin.action(description="Mark as resolved", permissions=["change"])
    def resolve(self, request: HttpRequest, chosen: QuerySet[Ticket]) -> None:
        self._on_each(request, chosen, services.transition_ticket, "Resolved", status="resolved")

    @admin.action(description="Close", permissions=["change"])
    def close(self, request: HttpRequest, chosen: QuerySet[Ticket]) -> None:
        self._on_each(request, chosen, services.transition_ticket, "Closed", status="closed")

    @admin.action(description="Open again", permissions=["change"])
    def reopen(self, request: HttpRequest, chosen: QuerySet[Ticket]) -> None:
        self._on_each(request, chosen, services.transition_ticket, "Opened", status="open")

    def _on_each(
        self, request: HttpRequest, chosen: QuerySet[Ticket], service: Any, done: str, **given: Any
    ) -> None:
        tried_on_each(
            request,
            chosen,
            lambda ticket: service(ticket=ticket, actor=request.user, **given),
            done,
        )
