"""Promises, rules and prepared texts in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from realtime.admin.looks import ReadOnlyAdmin
from tickets.admin.exchange import (
    CannedReplyResource,
    Exchanges,
    Exports,
    OwnRows,
    SavedFilterResource,
    TriggerResource,
)
from tickets.models import (
    Calendar,
    CannedReply,
    Rating,
    SavedFilter,
    SLAClock,
    SLAPolicy,
    SLATarget,
    Trigger,
)
from tickets.selectors.access import queues_of, tickets_worked_on_by
from tickets.selectors.desk import (
    canned_replies_of,
    may_change_filter,
    may_change_reply,
    saved_filters_of,
)
from tickets.selectors.people import users
from tickets.sla import recalculate


@admin.register(Calendar)
class CalendarAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no type information
    """Changing one sets the clocks of its policies' tickets anew."""

    list_display = ["name", "timezone"]
    search_fields = ["name"]

    def save_model(
        self, request: HttpRequest, obj: Calendar, form: ModelForm[Calendar], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if change:
            recalculate(SLAPolicy.objects.filter(calendar=obj))


class SLATargetInline(TabularInline):  # type: ignore[misc]  # unfold has no type information
    model = SLATarget
    extra = 0


@admin.register(SLAPolicy)
class SLAPolicyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no type information
    """Changing one sets the clocks of its tickets anew."""

    list_display = ["name", "calendar"]
    list_select_related = ["calendar"]
    search_fields = ["name"]
    inlines = [SLATargetInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change:
            recalculate([form.instance])


@admin.register(SLAClock)
class SLAClockAdmin(ReadOnlyAdmin):
    """To be read: clocks follow their tickets."""

    list_display = ["ticket", "metric", "state", "due_at", "warned_at", "breached_at"]
    list_filter = ["metric", "state", ("breached_at", admin.EmptyFieldListFilter)]
    list_select_related = ["ticket"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[SLAClock]:
        seen = tickets_worked_on_by(request.user)
        return SLAClock.objects.filter(ticket__in=seen).order_by("-id")


@admin.register(CannedReply)
class CannedReplyAdmin(OwnRows):
    resource_classes = [CannedReplyResource]
    list_display = ["name", "queue", "created_by"]
    list_filter = ["queue"]
    list_select_related = ["queue", "created_by"]
    search_fields = ["name", "content"]

    def rows_of(self, user: Any) -> QuerySet[CannedReply]:
        return canned_replies_of(user)

    def is_own(self, user: Any, row: CannedReply) -> bool:
        return may_change_reply(user, row)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "queue":
            kwargs["queryset"] = queues_of(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: CannedReply, form: ModelForm[CannedReply], change: bool
    ) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]  # nobody else is in the admin
        super().save_model(request, obj, form, change)


@admin.register(SavedFilter)
class SavedFilterAdmin(OwnRows):
    resource_classes = [SavedFilterResource]
    list_display = ["name", "owner", "query", "shared"]
    list_filter = ["shared"]
    list_select_related = ["owner"]
    search_fields = ["name", "query"]

    def rows_of(self, user: Any) -> QuerySet[SavedFilter]:
        return saved_filters_of(user)

    def is_own(self, user: Any, row: SavedFilter) -> bool:
        return may_change_filter(user, row)

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return ["owner"] if request.user.is_superuser else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        user: Any = request.user
        if db_field.name == "owner" and not user.is_superuser:
            kwargs["queryset"] = users().filter(pk=user.pk)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Rating)
class RatingAdmin(ReadOnlyAdmin, Exports):
    deletable = True
    list_display = ["ticket", "score", "comment", "rated_by", "created_at"]
    list_filter = ["score", "created_at"]
    list_select_related = ["ticket", "rated_by"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rating]:
        seen = tickets_worked_on_by(request.user)
        return Rating.objects.filter(ticket__in=seen).order_by("-id")


@admin.register(Trigger)
class TriggerAdmin(Exchanges):
    resource_classes = [TriggerResource]
    list_display = ["name", "active", "event", "condition", "runs", "last_run_at", "last_error"]
    list_editable = ["active"]
    list_filter = ["active", "event"]
    search_fields = ["name", "condition"]
    readonly_fields = ["runs", "last_run_at", "last_error"]
