"""Notifications, deliveries, announcements and jobs in the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.jobs.models import ScheduledJob
from notifications.jobs.worker import run_waiting_tasks
from notifications.models import Announcement, Delivery, Notification, NotificationSettings
from notifications.services.announcing import tell_announcement
from notifications.tests.conftest import Heard, events_of
from notifications.tests.factories import make_delivery, make_notification, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(make_user(username="admin", is_staff=True, is_superuser=True))
    return client


MODELS = [
    "notifications_notification",
    "notifications_delivery",
    "notifications_inboundmessage",
    "notifications_announcement",
    "notifications_notificationsettings",
    "notifications_channelpreference",
    "notifications_mutedtarget",
    "notifications_pushsubscription",
    "jobs_scheduledjob",
    "django_tasks_database_dbtaskresult",
]


@pytest.mark.parametrize("model", MODELS)
def test_every_list_opens_and_can_be_searched(admin: Client, model: str) -> None:
    url = reverse(f"admin:{model}_changelist")
    assert admin.get(url).status_code == 200
    assert admin.get(url, {"q": "x"}).status_code in (200, 302)


def test_rows_open(admin: Client, alice: Any) -> None:
    delivery = make_delivery(alice)
    job = ScheduledJob.objects.create(name="test.job", label="A job")
    for row in (delivery, delivery.notification, job):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        page = admin.get(reverse(name, args=[row.pk]))
        assert page.status_code == 200
        assert delivery.reply_token.encode() not in page.content


def test_failed_deliveries_are_sent_again_by_an_action(admin: Client, alice: Any) -> None:
    failed, sent = make_delivery(alice, status="failed"), make_delivery(alice, status="sent")
    admin.post(
        reverse("admin:notifications_delivery_changelist"),
        {"action": "send_again", "_selected_action": [str(failed.pk), str(sent.pk)]},
    )
    failed.refresh_from_db()
    sent.refresh_from_db()
    assert (failed.status, sent.status) == ("queued", "sent")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"language": "klingon"}, "klingon is not one of the available choices"),
        ({"quiet_from": "22:00"}, "Quiet hours need a beginning and an end."),
        ({"quiet_until": "06:00"}, "Quiet hours need a beginning and an end."),
    ],
)
def test_settings_that_could_not_be_kept_are_refused(
    admin: Client, alice: Any, wrong: dict[str, str], said: str
) -> None:
    url = reverse("admin:notifications_notificationsettings_add")
    given = {"user": alice.pk, "digest": "off", "digest_at": "08:00", "digest_weekday": "0"}
    answer = admin.post(url, {**given, **wrong})
    assert said in answer.content.decode()
    assert not NotificationSettings.objects.exists()
    whole = {"language": "de", "quiet_from": "22:00", "quiet_until": "06:00"}
    assert admin.post(url, {**given, **whole}).status_code == 302


def test_a_job_is_run_now_or_turned_off_by_an_action(admin: Client) -> None:
    job = ScheduledJob.objects.create(
        name="test.job", label="A job", next_run_at=timezone.now() + timedelta(days=1)
    )

    def act(action: str) -> None:
        admin.post(
            reverse("admin:jobs_scheduledjob_changelist"),
            {"action": action, "_selected_action": [job.pk]},
        )
        job.refresh_from_db()

    act("run_now")
    assert job.next_run_at <= timezone.now()
    act("turn_off")
    assert not job.enabled


@pytest.mark.django_db(transaction=True)
def test_an_announcement_reaches_its_audience_once(
    admin: Client, alice: Any, bob: Any, carol: Any
) -> None:
    carol.groups.add(Group.objects.create(name="VIP"))
    make_user(username="gone", is_active=False)

    def announce(**fields: Any) -> Announcement:
        answer = admin.post(
            reverse("admin:notifications_announcement_add"),
            {"title": "Maintenance", "message": "Tonight", "level": "warning", **fields},
        )
        assert answer.status_code == 302, answer.content[:2000]
        run_waiting_tasks()
        return Announcement.objects.get(title=fields.get("title", "Maintenance"))

    to_all = announce(audience="everybody")
    assert to_all.told == 3
    assert [event["data"]["title"] for event in events_of(alice)] == ["Maintenance"]
    assert Notification.objects.filter(level="warning").count() == 3

    tell_announcement.call(str(to_all.pk))  # run twice
    assert Notification.objects.filter(target=to_all.target).count() == 3
    assert not Notification.objects.filter(count__gt=1).exists()

    staff = announce(title="Staff only", audience="staff")
    assert staff.told == 2
    vip = announce(title="VIP only", audience="group", group=str(Group.objects.get(name="VIP").pk))
    assert vip.told == 1
    assert not Delivery.objects.filter(channel="email").exists()


def test_an_announcement_to_a_group_needs_one(admin: Client) -> None:
    answer = admin.post(
        reverse("admin:notifications_announcement_add"),
        {"title": "T", "level": "info", "audience": "group"},
    )
    assert answer.status_code == 200
    assert not Announcement.objects.exists()


def test_agents_find_their_own_notifications_and_superusers_everybodys(
    admin: Client, alice: Any, bob: Any
) -> None:
    own = make_notification(alice, title="Told to Alice")
    others = make_notification(bob, title="Told to Bob", message="A note of Bob's queue")
    rights = ["view_notification", "change_notification", "delete_notification"]
    alice.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    browser = Client()
    browser.force_login(alice)
    url = reverse("admin:notifications_notification_changelist")

    def found(client: Client, **query: Any) -> set[Any]:
        return set(client.get(url, query).context["cl"].result_list)

    assert (found(browser), found(admin)) == ({own}, {own, others})
    assert found(browser, q="queue") == found(browser, recipient__id__exact=bob.pk) == set()
    for page in ("change", "history", "delete"):
        name = f"admin:notifications_notification_{page}"
        assert browser.get(reverse(name, args=[own.pk])).status_code == 200
        assert browser.get(reverse(name, args=[others.pk])).status_code == 302
    chosen = {"action": "delete_selected", "_selected_action": [str(others.pk)], "post": "yes"}
    browser.post(url, chosen)
    assert Notification.objects.filter(pk=others.pk).exists()


def test_what_was_told_cannot_be_rewritten(admin: Client, alice: Any) -> None:
    row = make_notification(alice)
    url = reverse("admin:notifications_notification_change", args=[row.pk])
    assert admin.post(url, {"title": "Other"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_deleting_one_tells_its_recipient_the_counters(
    admin: Client, alice: Any, heard: Heard
) -> None:
    rows = [make_notification(alice) for _ in range(3)]
    admin.post(
        reverse("admin:notifications_notification_delete", args=[rows[0].pk]), {"post": "yes"}
    )
    admin.post(
        reverse("admin:notifications_notification_changelist"),
        {"action": "delete_selected", "_selected_action": [str(rows[1].pk)], "post": "yes"},
    )
    assert [counts["unread"] for counts in heard.counts(alice)] == [2, 1]
