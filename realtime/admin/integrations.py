"""Service keys and webhooks."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from realtime.admin.looks import ModelAdmin, ReadOnlyAdmin
from realtime.bridge.publishing import renew_key
from realtime.hooks.sending import replay
from realtime.models import HookDelivery, IncomingHook, OutgoingHook, ServiceKey
from realtime.registry import registry


@admin.register(ServiceKey)
class ServiceKeyAdmin(ModelAdmin):
    list_display = ["name", "is_active", "created_at", "last_used_at"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    readonly_fields = ["created_at", "last_used_at"]

    def save_model(
        self, request: HttpRequest, obj: ServiceKey, form: ModelForm[ServiceKey], change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        text = renew_key(obj)
        messages.warning(request, f"The key is {text} — copy it now, it is not shown again.")


@admin.register(OutgoingHook)
class OutgoingHookAdmin(ModelAdmin):
    list_display = ["name", "url", "is_active", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["name", "url"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def save_model(
        self, request: HttpRequest, obj: OutgoingHook, form: ModelForm[OutgoingHook], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if unknown := sorted(set(obj.types) - set(registry.event_types)):
            # Not refused: services may publish types that no app declares.
            messages.warning(request, f"No app declares the type {', '.join(unknown)}.")


@admin.register(HookDelivery)
class HookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["event_type", "room", "hook", "status", "attempts", "answer", "created_at"]
    list_filter = ["status", "hook", "event_type"]
    list_select_related = ["hook"]
    search_fields = ["room", "event_type"]
    ordering = ["-pk"]
    show_full_result_count = False
    actions = ["replay_deliveries"]

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("realtime.change_hookdelivery")

    @admin.action(description="Send again", permissions=["replay"])
    def replay_deliveries(self, request: HttpRequest, queryset: QuerySet[HookDelivery]) -> None:
        deliveries = list(queryset)
        replay(deliveries)
        messages.success(request, f"{len(deliveries)} deliveries are queued again.")


@admin.register(IncomingHook)
class IncomingHookAdmin(ModelAdmin):
    list_display = ["name", "room", "bot", "is_active", "last_used_at"]
    list_filter = ["is_active"]
    list_select_related = ["bot"]
    search_fields = ["name", "room"]
    readonly_fields = ["last_used_at"]

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Declared, it would stop a project whose admin has no users to search for."""
        return ["bot"] if self._finds_users() else []

    @property
    def raw_id_fields(self) -> list[str]:  # type: ignore[override]  # known when all are registered
        return [] if self._finds_users() else ["bot"]

    def _finds_users(self) -> bool:
        users = self.admin_site._registry.get(get_user_model())
        return users is not None and bool(users.search_fields)
