"""Prepared texts and saved searches: which of them an agent has, and whose they are to change."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from tickets.models import CannedReply, SavedFilter
from tickets.selectors.access import queues_of


def canned_replies_of(user: Any) -> QuerySet[CannedReply]:
    """Those of the user's queues, and those for all."""
    return CannedReply.objects.filter(Q(queue=None) | Q(queue__in=queues_of(user)))


def saved_filters_of(user: Any) -> QuerySet[SavedFilter]:
    """The user's own, and those that are shared."""
    return SavedFilter.objects.filter(Q(owner=user) | Q(shared=True))


def may_change_reply(user: Any, row: CannedReply) -> bool:
    """Whoever prepared it, and superusers."""
    return bool(user.is_superuser or row.created_by_id == user.pk)


def may_change_filter(user: Any, row: SavedFilter) -> bool:
    """Its owner alone."""
    return bool(row.owner_id == user.pk)
