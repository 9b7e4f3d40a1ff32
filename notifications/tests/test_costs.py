"""What lists cost: as many queries for 200 rows as for 10."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from rest_framework.test import APIClient

from notifications.jobs.models import ScheduledJob
from notifications.models import (
    Announcement,
    ChannelPreference,
    InboundMessage,
    MutedTarget,
    NotificationSettings,
    PushSubscription,
)
from notifications.tests.factories import make_delivery, make_notification, make_user

pytestmark = pytest.mark.django_db

_REST = "/api/v1/notifications/"
_NOTIFICATIONS = (
    *("notification", "delivery", "inboundmessage", "announcement", "notificationsettings"),
    *("channelpreference", "mutedtarget", "pushsubscription"),
)
_LISTS = [
    *(f"{_REST}{path}?page_size=200" for path in ("", "muted/", "push/browsers/")),
    *(f"/admin/notifications/{model}/?all=" for model in _NOTIFICATIONS),
    *("/admin/jobs/scheduledjob/?all=", "/admin/django_tasks_database/dbtaskresult/?all="),
]


def test_every_list_costs_as_many_queries_for_200_rows_as_for_10() -> None:
    owner = make_user(is_staff=True, is_superuser=True)
    client = APIClient()
    client.force_login(owner)
    client.force_authenticate(owner)

    def costs() -> dict[str, int]:
        return {path: cost_of(client, path) for path in _LISTS}

    fill(owner, 10)
    costs()
    few = costs()
    fill(owner, 190)
    assert costs() == few


def fill(owner: Any, rows: int) -> None:
    """So many more rows of whatever is listed: the owner's, where only they are, else each of another user."""
    for _ in range(rows):
        user = make_user()
        make_delivery(user, notification=make_notification(owner, actor=user))
        NotificationSettings.objects.create(user=user)
        ChannelPreference.objects.create(user=user, kind="k", channel="email", enabled=False)
        for one in (user, owner):
            MutedTarget.objects.create(user=one, target=f"ticket:{user.pk}")
            endpoint = f"https://push.example.org/{one.pk}/{user.pk}"
            PushSubscription.objects.create(user=one, endpoint=endpoint)
        InboundMessage.objects.create(message_id=f"<{user.pk}@x>", sender="a@b.c", user=user)
        group = Group.objects.create(name=f"Group {user.pk}")
        Announcement.objects.create(title="T", created_by=user, group=group, audience="group")
        ScheduledJob.objects.create(name=f"job{user.pk}", label="Job")
        DBTaskResult.objects.create(
            task_path="notifications.services.announcing.tell_announcement",
            args_kwargs={"args": [], "kwargs": {}},
            backend_name="default",
            run_after=timezone.now(),
        )


def cost_of(client: APIClient, path: str) -> int:
    """The number of queries that a page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)
