"""The counters that tabs show, when things happen at the same time."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from notifications.selectors import counts_of
from notifications.services import mark_all_read, mark_unread, notify
from notifications.tests.conftest import Heard
from notifications.tests.factories import make_notification
from realtime.tests.threads import wait_until_blocked


def tell(user: Any, **fields: Any) -> None:
    notify(kind="test.replied", recipients=[user], title="T", message="M", **fields)


@pytest.mark.django_db(transaction=True)
def test_reading_in_one_tab_tells_the_others(alice: Any, heard: Heard) -> None:
    tell(alice)
    mark_all_read(user=alice)
    assert heard.counts(alice) == [{"unread": 0, "unseen": 0}]
    mark_all_read(user=alice)  # nothing changes, nothing is said
    assert len(heard.counts(alice)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_is_not_told(alice: Any, heard: Heard) -> None:
    tell(alice)
    with transaction.atomic():
        mark_all_read(user=alice)
        transaction.set_rollback(True)
    assert heard.counts(alice) == []


@pytest.mark.django_db(transaction=True)
def test_two_who_notify_at_once_leave_the_right_number(alice: Any, heard: Heard) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: the second sees the first one's row")

    def tell_elsewhere() -> None:
        tell(alice)
        connection.close()

    with transaction.atomic():
        tell(alice)
        thread = Thread(target=tell_elsewhere)
        thread.start()
        thread.join(30)

    news = heard.of(alice, "notification.new")
    assert [data["counts"]["unread"] for data in news] == [1, 1]
    assert heard.counts(alice) == [{"unread": 2, "unseen": 2}]
    assert counts_of(alice.pk) == {"unread": 2, "unseen": 2}


@pytest.mark.django_db(transaction=True)
def test_two_who_open_one_group_at_once_make_one_row_that_grows(alice: Any, heard: Heard) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: the second sees the first one's row")
    started = Event()

    def tell_elsewhere() -> None:
        started.set()
        tell(alice, group_key="g")
        connection.close()

    with transaction.atomic():
        tell(alice, group_key="g")
        thread = Thread(target=tell_elsewhere)
        thread.start()
        started.wait(10)
        wait_until_blocked(thread)
    thread.join(30)

    [row] = alice.notifications.all()
    assert row.count == 2
    assert [data["counts"]["unread"] for data in heard.of(alice, "notification.new")] == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_one_that_is_made_unread_while_a_newer_one_comes_stays_read(alice: Any) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: the second sees the first one's row")
    old = make_notification(alice, group_key="g", read_at=timezone.now())
    counted = []

    def make_unread_elsewhere() -> None:
        counted.append(mark_unread(notification=old))
        connection.close()

    with transaction.atomic():
        tell(alice, group_key="g")
        thread = Thread(target=make_unread_elsewhere)
        thread.start()
        wait_until_blocked(thread)
    thread.join(30)

    old.refresh_from_db()
    assert old.read_at is not None
    assert counted == [{"unread": 1, "unseen": 1}]
