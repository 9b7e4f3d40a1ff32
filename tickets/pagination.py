"""The orders of the desk's lists."""

from __future__ import annotations

from realtime.rest.pagination import ByCursor


class NewestFirst(ByCursor):
    """Ids are UUIDv7 or counted up, so they order rows by their creation."""

    ordering = ("-id",)


class OldestFirst(ByCursor):
    ordering = ("id",)


class ByName(ByCursor):
    ordering = ("name", "id")
