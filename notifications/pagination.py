"""The orders of these lists."""

from __future__ import annotations

from realtime.rest.pagination import ByCursor


class LastGrownFirst(ByCursor):
    """One that grew comes up again."""

    ordering = ("-last_at", "-id")


class NewestFirst(ByCursor):
    ordering = ("-created_at", "-id")
