"""Rows in and out of the admin as CSV, JSON and the like, for people who work in spreadsheets."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from import_export import fields, resources
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.widgets import ForeignKeyWidget
from unfold.admin import ModelAdmin
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from tickets.models import CannedReply, Queue, SavedFilter, Tag, Ticket, Trigger


class Exports(ExportMixin, ModelAdmin):  # type: ignore[misc]  # no type information
    """Gives out what the list shows: the user's rows, as they are filtered."""

    export_form_class = ExportForm


class Exchanges(ImportExportMixin, ModelAdmin):  # type: ignore[misc]  # no type information
    """Takes rows in, too: shown first, then saved one by one, so that everything live hears of them."""

    import_form_class = ImportForm
    export_form_class = ExportForm


class _Checked(resources.ModelResource):  # type: ignore[misc]  # no type information
    """What comes in is checked as a form would."""

    class Meta:
        clean_model_instances = True


def _by_slug() -> fields.Field:
    return fields.Field("queue", "queue", ForeignKeyWidget(Queue, "slug"))


def _by_username(name: str) -> fields.Field:
    return fields.Field(name, name, ForeignKeyWidget(get_user_model(), "username"))


class CannedReplyResource(_Checked):
    queue = _by_slug()

    class Meta:
        model = CannedReply
        fields = ("id", "name", "content", "queue")


class SavedFilterResource(_Checked):
    owner = _by_username("owner")

    class Meta:
        model = SavedFilter
        fields = ("id", "name", "query", "owner", "shared")


class TagResource(_Checked):
    class Meta:
        model = Tag
        fields = ("name",)
        import_id_fields = ("name",)
        skip_unchanged = True


class TriggerResource(_Checked):
    class Meta:
        model = Trigger
        fields = ("id", "name", "active", "position", "event", "condition", "actions")


class TicketResource(resources.ModelResource):  # type: ignore[misc]  # no type information
    """Given out only: tickets come in through the desk's services."""

    queue = _by_slug()
    requester = _by_username("requester")
    assignee = _by_username("assignee")
    tags = fields.Field(column_name="tags")

    class Meta:
        model = Ticket
        fields = (
            *("number", "subject", "status", "priority", "queue", "requester", "assignee", "tags"),
            *("created_at", "first_reply_at", "last_reply_at", "resolved_at", "closed_at"),
        )

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.select_related("queue", "requester", "assignee").prefetch_related("tags")

    def dehydrate_tags(self, ticket: Ticket) -> str:
        return " ".join(sorted(tag.name for tag in ticket.tags.all()))
