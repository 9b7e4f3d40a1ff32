from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from examples.gifting.models import Comment, Family, FamilyMember, Gift, Item, List, Occasion


class MemberInline(TabularInline):
    model = FamilyMember
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Family)
class FamilyAdmin(ModelAdmin):
    search_fields = ["name"]
    inlines = [MemberInline]


@admin.register(List, Occasion)
class OfFamilyAdmin(ModelAdmin):
    list_display = ["name", "family"]
    list_select_related = ["family"]
    search_fields = ["name"]


@admin.register(Item)
class ItemAdmin(ModelAdmin):
    list_display = ["name", "list", "status", "assignee"]
    list_editable = ["status"]
    list_filter = ["status", "list"]
    list_select_related = ["list", "assignee"]
    search_fields = ["name"]


@admin.register(Gift)
class GiftAdmin(ModelAdmin):
    list_display = ["name", "occasion", "status", "assignee"]
    list_editable = ["status"]
    list_filter = ["status", "occasion"]
    list_select_related = ["occasion", "assignee"]
    search_fields = ["name"]


@admin.register(Comment)
class CommentAdmin(ModelAdmin):
    list_display = ["content", "item", "author"]
    list_select_related = ["item", "author"]
