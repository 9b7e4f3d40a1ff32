"""What lists cost: as many queries for 200 rows as for 10."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from rest_framework.test import APIClient

from notifications.jobs.models import ScheduledJob
from notifications.models import (
    Announcement,
    ChannelPreference,
    Delivery,
    InboundMessage,
    MutedTarget,
    Notification,
    NotificationSettings,
    PushSubscription,
)
from notifications.tests.factories import make_user
from realtime.tests.costs import cost_of, many

User: Any = get_user_model()

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
    users = many(User, [{"username": f"user {uuid4()}"} for _ in range(rows)])
    told = many(
        Notification, [{"recipient": owner, "actor": u, "kind": "k", "title": "T"} for u in users]
    )
    many(
        Delivery,
        [
            {"notification": n, "user": n.actor, "channel": "email", "due_at": timezone.now()}
            for n in told
        ],
    )
    many(NotificationSettings, [{"user": user} for user in users])
    many(
        ChannelPreference,
        [{"user": user, "kind": "k", "channel": "email", "enabled": False} for user in users],
    )
    pairs = [(one, user) for user in users for one in (user, owner)]
    many(MutedTarget, [{"user": one, "target": f"ticket:{user.pk}"} for one, user in pairs])
    many(
        PushSubscription,
        [
            {"user": one, "endpoint": f"https://push.example.org/{one.pk}/{user.pk}"}
            for one, user in pairs
        ],
    )
    many(
        InboundMessage,
        [{"message_id": f"<{user.pk}@x>", "sender": "a@b.c", "user": user} for user in users],
    )
    groups = many(Group, [{"name": f"Group {user.pk}"} for user in users])
    many(
        Announcement,
        [
            {"title": "T", "created_by": user, "group": group, "audience": "group"}
            for user, group in zip(users, groups, strict=True)
        ],
    )
    many(ScheduledJob, [{"name": f"job{user.pk}", "label": "Job"} for user in users])
    task = {
        "task_path": "notifications.services.announcing.tell_announcement",
        "args_kwargs": {"args": [], "kwargs": {}},
        "backend_name": "default",
        "run_after": timezone.now(),
    }
    many(DBTaskResult, [task] * rows)
