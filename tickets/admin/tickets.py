"""Tickets in the admin: the list that agents work through, and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import display

from tickets import services
from tickets.admin.exchange import Exports, TicketResource
from tickets.admin.forms import NewTicketForm, SayForm, TicketActionForm, TicketForm
from tickets.admin.refusals import SaysRefusals, tried, tried_on_each
from tickets.custom_fields import definitions_of
from tickets.models import Message, MessageKind, Participant, Role, Status, Ticket
from tickets.selectors.access import tickets_worked_on_by
from tickets.selectors.people import agents

_MOST_SHOWN = 50

_STATUS_COLOURS = {
    Status.NEW: "info",
    Status.OPEN: "warning",
    Status.RESOLVED: "success",
    Status.CLOSED: "success",
}
_PRIORITY_COLOURS = {"high": "warning", "urgent": "danger"}


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
    readonly_fields = ["requester_and_times", "fields_of_queue", "conversation", "history"]
    inlines = [SayInline, ParticipantInline]
    resource_classes = [TicketResource]
    action_form = TicketActionForm
    actions = ["assign", "assign_to_me", "resolve", "close", "reopen"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return tickets_worked_on_by(request.user).order_by("-id")

    # --- the page ---

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        kwargs["form"] = NewTicketForm if obj is None else TicketForm
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": NewTicketForm.Meta.fields})]
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
                        "fields_of_queue",
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
        latest = list(rows[:_MOST_SHOWN])[::-1]
        context = {"messages": latest, "more": len(latest) == _MOST_SHOWN, "Kind": MessageKind}
        return render_to_string("tickets/admin/conversation.html", context)

    @admin.display(description="history")
    def history(self, ticket: Ticket) -> SafeString:
        context = {"entries": ticket.audit.select_related("actor")[:_MOST_SHOWN]}
        return render_to_string("tickets/admin/history.html", context)

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
            self._change(request, obj, form)
        else:
            self._create(request, obj, form.cleaned_data)

    def _create(self, request: HttpRequest, obj: Ticket, given: dict[str, Any]) -> None:
        # A superuser files for anybody; the service lets agents do so in their queues.
        ticket, _ = services.create_ticket(
            actor=request.user,  # type: ignore[arg-type]  # nobody else is in the admin
            subject=given["subject"],
            content=given["content"],
            priority=given["priority"],
            queue=given["queue"].slug,
            requester=given["requester"],
            custom_fields=given["custom_fields"] or None,
        )
        if given.get("assignee") is not None:
            tried(request, services.assign_ticket, ticket=ticket, assignee=given["assignee"])
        obj.__dict__.update(Ticket.objects.get(pk=ticket.pk).__dict__)

    def _change(self, request: HttpRequest, obj: Ticket, form: ModelForm[Ticket]) -> None:
        """Moving to another queue comes last: it may be the end of the user's say in it."""
        given, changed = form.cleaned_data, set(form.changed_data)
        if "assignee" in changed:
            tried(request, services.assign_ticket, ticket=obj, assignee=given["assignee"])
        if "status" in changed:
            tried(request, services.transition_ticket, ticket=obj, status=given["status"])
        changes: dict[str, Any] = {
            name: given[name] for name in ("subject", "priority") if name in changed
        }
        if "tags" in changed:
            changes["tags"] = [tag.name for tag in given["tags"]]
        if "queue" in changed:
            changes["queue"] = given["queue"].slug
        if changes:
            tried(request, services.change_ticket, ticket=obj, changes=changes)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Tags are the service's; what is left are the inlines."""
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseModelFormSet[Any, Any], change: bool
    ) -> None:
        rows = formset.save(commit=False)
        ticket = form.instance
        if formset.model is Message:
            for message in rows:
                post = services.add_note if message.is_note else services.reply
                tried(request, post, ticket=ticket, content=message.content)
            return
        for row in formset.deleted_objects:
            tried(request, services.remove_participant, ticket=ticket, user=row.user)
        for row in rows:
            tried(request, services.add_participant, ticket=ticket, user=row.user, role=row.role)

    # --- actions ---

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description="Assign to the one chosen", permissions=["change"])
    def assign(self, request: HttpRequest, chosen: QuerySet[Ticket]) -> None:
        wanted = request.POST.get("assignee") or None
        assignee = agents().filter(pk=wanted).first() if wanted and wanted.isdigit() else None
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
