"""Seen, read, archived: changes of one's own list, told to all one's tabs as absolute counters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from notifications.models import Delivery, DeliveryStatus, Notification
from notifications.registry import Channel
from notifications.selectors import (
    Counts,
    counts_of,
    notifications_of,
    unread_notifications_of,
)
from notifications.services.counting import tell_counts

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def mark_read(*, notification: Notification) -> Counts:
    """Marks one notification read (and so seen). Doing it twice changes nothing. Returns the counters."""
    return _read(_only(notification), notification.recipient_id)


def mark_unread(*, notification: Notification) -> Counts:
    """Puts a read notification back among the unread ones."""
    rows = _only(notification).exclude(read_at=None)
    if notification.group_key:
        same = Notification.objects.filter(
            recipient=notification.recipient_id,
            group_key=notification.group_key,
            read_at=None,
            archived_at=None,
        )
        if same.exists():  # a newer one of its group is unread already
            return counts_of(notification.recipient_id)
    try:
        return _change(rows, notification.recipient_id, read_at=None)
    except IntegrityError:  # one has come meanwhile
        return counts_of(notification.recipient_id)


def mark_all_read(*, user: User) -> Counts:
    """Marks everything in the user's list read."""
    return _read(unread_notifications_of(user), user.pk)


def mark_target_read(*, user: User, target: str) -> Counts:
    """Marks read what the user was told about one thing, which they have opened now."""
    return _read(unread_notifications_of(user).filter(target=target), user.pk)


def mark_answered(*, user: User, target: str, by_email: bool = False) -> None:
    """Marks read what the user was told about one thing, which they answer now; by e-mail: but for what waits to be mailed still."""
    told = unread_notifications_of(user).filter(target=target)
    if by_email:
        waiting = Delivery.objects.filter(
            notification=OuterRef("pk"), channel=Channel.EMAIL, status=DeliveryStatus.QUEUED
        )
        told = told.exclude(Exists(waiting))
    _write(told, user.pk, **_now_read())


def mark_all_seen(*, user: User) -> Counts:
    """Marks everything in the user's list seen: they opened it, without opening each."""
    return _change(notifications_of(user).filter(seen_at=None), user.pk, seen_at=timezone.now())


def archive_notification(*, notification: Notification) -> Counts:
    """Takes a notification off the list (and so out of the counters)."""
    return _change(
        _only(notification).filter(archived_at=None),
        notification.recipient_id,
        archived_at=timezone.now(),
    )


def _only(notification: Notification) -> QuerySet[Notification]:
    return Notification.objects.filter(pk=notification.pk)


def _read(rows: QuerySet[Notification], user_id: Any) -> Counts:
    return _change(rows.filter(read_at=None), user_id, **_now_read())


def _now_read() -> dict[str, Any]:
    return {"read_at": timezone.now(), "seen_at": Coalesce(F("seen_at"), Now())}


@transaction.atomic
def _change(rows: QuerySet[Notification], user_id: Any, **changes: Any) -> Counts:
    _write(rows, user_id, **changes)
    return counts_of(user_id)


def _write(rows: QuerySet[Notification], user_id: Any, **changes: Any) -> None:
    # Being seen or read is no event of the row: a plain queryset spares the engine looking at every row.
    changed = QuerySet(model=Notification, query=rows.order_by().query).update(**changes)
    if changed:
        transaction.on_commit(partial(tell_counts, user_id))
