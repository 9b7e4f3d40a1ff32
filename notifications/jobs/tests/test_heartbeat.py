"""A worker says that it is there, and others see when it doesn't any more."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest
from django.utils import timezone

from notifications.jobs.heartbeat import (
    ALIVE,
    BEAT_SECONDS,
    HeartbeatThread,
    beat,
    forget_the_dead,
    leave,
    live_workers,
)
from notifications.jobs.metrics import workers
from notifications.jobs.models import LiveWorker
from tests.support.ports import wait_until

pytestmark = pytest.mark.django_db


def _seen(name: str, ago: timedelta) -> None:
    LiveWorker.objects.filter(name=name).update(seen_at=timezone.now() - ago)


def test_a_worker_counts_once_however_often_it_beats() -> None:
    beat("one")
    beat("one")
    beat("two")
    assert live_workers() == 2
    assert [sample.value for sample in workers().samples] == [2]


def test_a_worker_that_says_nothing_is_dead_after_some_missed_beats() -> None:
    beat("one")
    _seen("one", timedelta(seconds=2 * BEAT_SECONDS))
    assert live_workers() == 1
    _seen("one", ALIVE + timedelta(seconds=1))
    assert live_workers() == 0
    beat("one")
    assert live_workers() == 1


def test_a_worker_that_stops_is_gone_at_once() -> None:
    beat("one")
    leave("one")
    assert live_workers() == 0


def test_the_dead_are_forgotten_after_a_day() -> None:
    for name in ("dead", "ill"):
        beat(name)
    _seen("dead", timedelta(days=2))
    _seen("ill", timedelta(hours=2))
    forget_the_dead()
    assert [worker.name for worker in LiveWorker.objects.all()] == ["ill"]


@pytest.mark.django_db(transaction=True)
def test_the_thread_beats_until_it_is_stopped() -> None:
    stopping = Event()
    thread = HeartbeatThread(stopping)
    thread.start()
    wait_until(lambda: live_workers() == 1, what="a beat")
    stopping.set()
    thread.join(20)
    assert live_workers() == 0
