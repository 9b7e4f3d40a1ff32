from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from examples.projects.models import Channel, ChannelMessage, Membership, Project, Task


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Project)
class ProjectAdmin(ModelAdmin):
    list_display = ["name", "archived"]
    list_filter = ["archived"]
    search_fields = ["name"]
    inlines = [MembershipInline]


@admin.register(Channel)
class ChannelAdmin(ModelAdmin):
    list_display = ["name", "project"]
    list_select_related = ["project"]
    search_fields = ["name"]


@admin.register(Task)
class TaskAdmin(ModelAdmin):
    list_display = ["title", "project", "status", "assignee"]
    list_editable = ["status"]
    list_filter = ["status", "project"]
    list_select_related = ["project", "assignee"]
    search_fields = ["title"]


@admin.register(ChannelMessage)
class ChannelMessageAdmin(ModelAdmin):
    list_display = ["content", "author", "created_at"]
    list_select_related = ["author"]
    search_fields = ["content"]
