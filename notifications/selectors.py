"""What a user may see of notifications."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, TypedDict

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.models import (
    ChannelPreference,
    MutedTarget,
    Notification,
    NotificationSettings,
    PushSubscription,
)
from notifications.policies import Policy
from notifications.registry import Channel

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Counts(TypedDict):
    """A user's absolute counters."""

    unread: int
    unseen: int


def notifications_of(user: User) -> QuerySet[Notification]:
    """What is in the user's list, newest first."""
    return Notification.objects.filter(
        recipient=user, in_app=True, archived_at=None
    ).select_related("actor")


def unread_notifications_of(user: User) -> QuerySet[Notification]:
    return notifications_of(user).filter(read_at=None)


def counts_of(user_id: Any) -> Counts:
    """The counters of one user."""
    return counts_by_user([user_id])[user_id]


def counts_by_user(user_ids: Iterable[Any]) -> dict[Any, Counts]:
    """The counters of several users, in one query."""
    wanted = list(user_ids)
    rows = (
        Notification.objects.filter(
            recipient__in=wanted, in_app=True, archived_at=None, read_at=None
        )
        .order_by()
        .values_list("recipient")
        .annotate(unread=Count("id"), unseen=Count("id", filter=Q(seen_at=None)))
    )
    found = {user_id: Counts(unread=unread, unseen=unseen) for user_id, unread, unseen in rows}
    return {user_id: found.get(user_id, Counts(unread=0, unseen=0)) for user_id in wanted}


def user_topic(user_id: Any) -> str:
    """The room of a user's own, which carries their notifications."""
    return f"user:{user_id}"


def name_of(username: str | None) -> str:
    """Who is said to have caused something, in the active language: where it was nobody, the desk itself."""
    return username or _("The desk")


def policies_for(user_ids: Collection[Any], *, kind: str, target: str) -> dict[Any, Policy]:
    """What these users decided about a kind and a target, in three queries."""
    stored = NotificationSettings.objects.in_bulk(user_ids)
    choices: dict[Any, dict[Channel, bool]] = defaultdict(dict)
    cells = ChannelPreference.objects.filter(user__in=user_ids, kind=kind)
    for user_id, channel, enabled in cells.values_list("user", "channel", "enabled"):
        choices[user_id][Channel(channel)] = enabled
    muted = muted_by(user_ids, target) if target else set()
    return {
        user_id: Policy(
            settings=stored.get(user_id) or NotificationSettings(user_id=user_id),
            choices=choices.get(user_id, {}),
            muted=user_id in muted,
        )
        for user_id in user_ids
    }


def muted_by(user_ids: Collection[Any], target: str) -> set[Any]:
    """Those of the users who muted the target."""
    rows = MutedTarget.objects.filter(user__in=user_ids, target=target)
    still = Q(until=None) | Q(until__gt=timezone.now())
    return set(rows.filter(still).values_list("user", flat=True))


def settings_of(user: User) -> NotificationSettings:
    """The user's settings; unsaved defaults where they never changed any."""
    found = NotificationSettings.objects.filter(user=user).first()
    return found or NotificationSettings(user=user)


def languages_of(user_ids: Collection[Any]) -> dict[Any, str]:
    """The language in which each of these users is told something."""
    chosen = dict(
        NotificationSettings.objects.filter(user__in=user_ids).values_list("user", "language")
    )
    return {user_id: chosen.get(user_id) or settings.LANGUAGE_CODE for user_id in user_ids}


def browsers_by_user(user_ids: Collection[Any]) -> dict[Any, list[PushSubscription]]:
    """The browsers that take pushes for these users."""
    found: dict[Any, list[PushSubscription]] = defaultdict(list)
    for subscription in PushSubscription.objects.filter(user__in=user_ids):
        found[subscription.user_id].append(subscription)
    return found
