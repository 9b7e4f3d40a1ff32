from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from examples.inventory.models import Item


@admin.register(Item)
class ItemAdmin(ModelAdmin):
    list_display = ["name", "quantity", "threshold"]
    list_editable = ["quantity"]
    search_fields = ["name"]
