"""What a user decides about being told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from notifications.models import (
    ChannelPreference,
    MutedTarget,
    NotificationSettings,
    PushSubscription,
)
from notifications.registry import Channel

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@transaction.atomic
def set_preferences(
    *,
    user: User,
    kinds: Mapping[str, Mapping[str, bool]] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Changes cells of the matrix (``{"ticket.replied": {"email": False}}``) and settings; the rest stays."""
    cells = [
        ChannelPreference(user=user, kind=kind, channel=channel, enabled=enabled)
        for kind, channels in (kinds or {}).items()
        for channel, enabled in channels.items()
    ]
    ChannelPreference.objects.bulk_create(
        cells,
        update_conflicts=True,
        unique_fields=["user", "kind", "channel"],
        update_fields=["enabled"],
    )
    if settings:
        NotificationSettings.objects.update_or_create(user=user, defaults=dict(settings))


def mute_target(*, user: User, target: str, until: datetime | None = None) -> MutedTarget:
    """The user hears no more of ``target`` (until then), but for mentions."""
    row, _ = MutedTarget.objects.update_or_create(
        user=user, target=target, defaults={"until": until}
    )
    return row


def unmute_target(*, user: User, target: str) -> bool:
    """The user hears of ``target`` again; False if it wasn't muted."""
    deleted, _ = MutedTarget.objects.filter(user=user, target=target).delete()
    return bool(deleted)


def stop_emails(*, user_id: str, kind: str | None) -> None:
    """Turns e-mails of a kind off, or all of them where it is None: what an unsubscribe link does. May be repeated."""
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        return
    if kind is None:
        set_preferences(user=user, settings={"emails_stopped_at": timezone.now()})
    else:
        set_preferences(user=user, kinds={kind: {Channel.EMAIL: False}})


def subscribe_browser(
    *, user: User, endpoint: str, p256dh: str, auth: str, user_agent: str = ""
) -> tuple[PushSubscription, bool]:
    """Registers a browser for pushes; one that is known gets its new keys and owner. Returns it and whether it is new."""
    return PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={"user": user, "p256dh": p256dh, "auth": auth, "user_agent": user_agent[:200]},
    )
