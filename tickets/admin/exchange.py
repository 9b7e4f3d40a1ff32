"""Rows in and out of the admin as CSV, JSON and the like, for people who work in spreadsheets."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.widgets import ForeignKeyWidget
from unfold.admin import ModelAdmin
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from tickets.models import CannedReply, Queue, SavedFilter, Tag, Ticket, Trigger
from tickets.selectors.access import queues_of
from tickets.selectors.desk import may_change_filter, may_change_reply


class Exports(ExportMixin, ModelAdmin):  # type: ignore[misc]  # no type information
    """Gives out what the list shows: the user's rows, as they are filtered."""

    export_form_class = ExportForm


class Exchanges(ImportExportMixin, ModelAdmin):  # type: ignore[misc]  # no type information
    """Takes rows in, too: shown first, then saved one by one, so that everything live hears of them."""

    import_form_class = ImportForm
    export_form_class = ExportForm


class OwnRows(Exchanges):
    """Agents meet the rows that REST shows them and change their own, one by one or by files; superusers everybody's."""

    @abstractmethod
    def rows_of(self, user: Any) -> QuerySet[Any]:
        """What an agent has."""

    @abstractmethod
    def is_own(self, user: Any, row: Any) -> bool:
        """Whether an agent may change a row."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        if request.user.is_superuser:
            everything: QuerySet[Any] = super().get_queryset(request)
            return everything
        return self.rows_of(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_free(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_free(request, obj)

    def _is_free(self, request: HttpRequest, row: Any) -> bool:
        return row is None or request.user.is_superuser or self.is_own(request.user, row)

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_import_resource_kwargs(request, **kwargs), "user": request.user}


class _Checked(resources.ModelResource):  # type: ignore[misc]  # no type information
    """What comes in is checked as a form would."""

    class Meta:
        clean_model_instances = True


def _by_slug() -> fields.Field:
    return fields.Field("queue", "queue", ForeignKeyWidget(Queue, "slug"))


def _by_username(name: str) -> fields.Field:
    return fields.Field(name, name, ForeignKeyWidget(get_user_model(), "username"))


class _Owned(_Checked):
    """Rows that belong to ``user``, who brings them in; a superuser brings in anybody's."""

    def __init__(self, user: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.user = user

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        if new:
            setattr(instance, self.owner_field, self.user)
        elif not (self.user.is_superuser or self.may_change(self.user, instance)):
            raise ValidationError(_NOT_YOURS)

    def validate_instance(self, instance: Any, *args: Any, **kwargs: Any) -> None:
        super().validate_instance(instance, *args, **kwargs)
        if not (self.user.is_superuser or self.may_have(self.user, instance)):
            raise ValidationError(_NOT_YOURS)


_NOT_YOURS = "This isn't yours to change."


class CannedReplyResource(_Owned):
    queue = _by_slug()
    owner_field = "created_by"
    may_change = staticmethod(may_change_reply)

    class Meta:
        model = CannedReply
        fields = ("id", "name", "content", "queue")

    def may_have(self, user: Any, reply: CannedReply) -> bool:
        return reply.queue is None or queues_of(user).filter(pk=reply.queue.pk).exists()


class SavedFilterResource(_Owned):
    owner = _by_username("owner")
    owner_field = "owner"
    may_change = may_have = staticmethod(may_change_filter)

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
