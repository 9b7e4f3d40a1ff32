"""Messages in the admin: found, read, and written."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from tickets import services
from tickets.admin.forms import SayForm
from tickets.admin.refusals import SaysRefusals
from tickets.models import Message, Revision
from tickets.selectors.access import tickets_worked_on_by


def _may_edit(message: Message, actor: Any) -> bool:
    return services.may_edit(message=message, actor=actor)


class RevisionInline(TabularInline):  # type: ignore[misc]  # unfold has no type information
    """What it said before."""

    model = Revision
    fields = readonly_fields = ["created_at", "edited_by", "content"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MessageForm(SayForm):
    class Meta(SayForm.Meta):
        fields = ["ticket", "kind", "content"]


@admin.register(Message)
class MessageAdmin(SaysRefusals, ModelAdmin):  # type: ignore[misc]  # unfold has no type information
    """Writing one is a reply or a note; editing follows the rules of editing."""

    list_display = ["excerpt", "ticket", "kind", "author", "created_at", "edited_at", "deleted_at"]
    list_filter = ["kind", "created_at"]
    list_select_related = ["ticket", "author"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["content", "=ticket__number", "=author__username"]
    form = MessageForm
    autocomplete_fields = ["ticket"]
    inlines = [RevisionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return Message.objects.filter(ticket__in=tickets_worked_on_by(request.user)).order_by("-id")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["ticket", "kind"] if obj is not None else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "ticket":
            kwargs["queryset"] = tickets_worked_on_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or _may_edit(obj, request.user))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="message")
    def excerpt(self, message: Message) -> str:
        return message.content[:80]

    def save_model(
        self, request: HttpRequest, obj: Message, form: ModelForm[Message], change: bool
    ) -> None:
        actor: Any = request.user
        content = form.cleaned_data["content"]
        if change:
            stored = Message.objects.select_related("ticket").get(pk=obj.pk)
            services.edit_message(message=stored, actor=actor, content=content)
            return
        post = services.add_note if obj.is_note else services.reply
        message, _ = post(ticket=obj.ticket, actor=actor, content=content)
        obj.__dict__.update(message.__dict__)
