"""Saying something to everybody, to the staff or to a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import task

from notifications.models import Announcement, Audience, Notification
from notifications.services.notify import notify

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ANNOUNCEMENT = "announcement"
_AT_ONCE = 200


@transaction.atomic
def publish_announcement(*, announcement: Announcement, actor: Any) -> None:
    """Saves an announcement and has it told to its audience, the actor included in nobody's count."""
    announcement.created_by = actor
    announcement.save()
    tell_announcement.enqueue(str(announcement.pk))


@task()
def tell_announcement(announcement_id: str) -> str:
    """Tells an announcement's audience, some hundred people at a time. Run again, it goes on with those not told yet."""
    announcement = Announcement.objects.select_related("created_by").get(pk=announcement_id)
    last: Any = 0
    while people := list(_not_told(announcement).filter(pk__gt=last)[:_AT_ONCE]):
        with transaction.atomic():
            notify(
                kind=ANNOUNCEMENT,
                recipients=people,
                title=announcement.title,
                message=announcement.message,
                url=announcement.url,
                actor=announcement.created_by,
                level=announcement.level,
                target=announcement.target,
                group_key=announcement.target,
            )
        last = people[-1].pk
    told = Notification.objects.filter(target=announcement.target).count()
    Announcement.objects.filter(pk=announcement.pk).update(told=told, finished_at=timezone.now())
    return f"{told} told"


def _not_told(announcement: Announcement) -> QuerySet[User]:
    users = get_user_model().objects.filter(is_active=True).order_by("pk")
    if announcement.audience == Audience.STAFF:
        users = users.filter(is_staff=True)
    elif announcement.audience == Audience.GROUP:
        users = users.filter(groups=announcement.group)
    told = Notification.objects.filter(target=announcement.target)
    return users.exclude(pk__in=told.values("recipient"))
