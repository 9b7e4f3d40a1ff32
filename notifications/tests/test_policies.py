"""Decisions about channels and times."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.models import Digest, NotificationSettings
from notifications.policies import (
    Policy,
    after_quiet_hours,
    channels_for,
    due_at,
    next_digest,
    retry_after,
)
from notifications.registry import Channel
from notifications.tests.factories import BREACHED, MENTIONED, REPLIED

BERLIN = ZoneInfo("Europe/Berlin")
ALL = frozenset(Channel)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def quiet(start: int, end: int) -> NotificationSettings:
    return NotificationSettings(quiet_from=time(start), quiet_until=time(end))


def test_a_cell_of_the_matrix_overrides_the_kinds_own_channels() -> None:
    policy = Policy(NotificationSettings(), {Channel.EMAIL: False})
    assert channels_for(REPLIED, policy) == ALL - {Channel.EMAIL}


def test_a_muted_target_is_heard_of_by_mentions_only() -> None:
    policy = Policy(NotificationSettings(), muted=True)
    assert channels_for(REPLIED, policy) == frozenset()
    assert channels_for(MENTIONED, policy) == ALL


def test_who_stopped_all_emails_gets_none() -> None:
    stopped = NotificationSettings(emails_stopped_at=datetime.now(UTC))
    assert channels_for(REPLIED, Policy(stopped, {Channel.EMAIL: True})) == ALL - {Channel.EMAIL}


@pytest.mark.parametrize(
    ("settings", "moment", "expected"),
    [
        (quiet(22, 7), "2026-03-10 23:30", "2026-03-11 07:00"),
        (quiet(22, 7), "2026-03-11 03:00", "2026-03-11 07:00"),
        (quiet(22, 7), "2026-03-11 22:00", "2026-03-12 07:00"),
        (quiet(22, 7), "2026-03-11 07:00", "2026-03-11 07:00"),
        (quiet(22, 7), "2026-03-11 12:00", "2026-03-11 12:00"),
        (quiet(12, 14), "2026-03-11 13:00", "2026-03-11 14:00"),
        (quiet(12, 14), "2026-03-11 14:00", "2026-03-11 14:00"),
        (quiet(9, 9), "2026-03-11 09:00", "2026-03-11 09:00"),
        (NotificationSettings(), "2026-03-11 03:00", "2026-03-11 03:00"),
        # Clocks go forward at 2 o'clock that night.
        (quiet(22, 7), "2026-03-28 23:00", "2026-03-29 07:00"),
    ],
)
def test_quiet_hours_end_before_anything_is_sent(
    settings: NotificationSettings, moment: str, expected: str
) -> None:
    assert after_quiet_hours(settings, at(moment), BERLIN) == at(expected)


@pytest.mark.parametrize(
    ("digest", "moment", "expected"),
    [
        (Digest.DAILY, "2026-03-10 07:59", "2026-03-10 08:00"),
        (Digest.DAILY, "2026-03-10 08:00", "2026-03-11 08:00"),
        # The 10th is a Tuesday, digests come on Wednesdays.
        (Digest.WEEKLY, "2026-03-10 12:00", "2026-03-11 08:00"),
        (Digest.WEEKLY, "2026-03-11 12:00", "2026-03-18 08:00"),
    ],
)
def test_a_digest_comes_at_the_users_own_hour(digest: str, moment: str, expected: str) -> None:
    settings = NotificationSettings(digest=digest, digest_at=time(8), digest_weekday=2)
    assert next_digest(settings, at(moment), BERLIN) == at(expected)


def test_what_is_urgent_waits_neither_for_the_morning_nor_for_a_digest() -> None:
    settings = NotificationSettings(
        quiet_from=time(22), quiet_until=time(7), digest=Digest.DAILY, timezone="Europe/Berlin"
    )
    now = at("2026-03-10 23:00")
    for kind, expected in ((BREACHED, now), (REPLIED, at("2026-03-11 08:00"))):
        due = due_at(kind, Channel.EMAIL, settings, now=now, delay=timedelta(0), default_zone=UTC)
        assert due == expected


def test_failures_are_tried_again_ever_later_up_to_a_bound() -> None:
    waits = [retry_after(n, 30, 600).total_seconds() for n in range(1, 8)]
    assert waits == [30, 60, 120, 240, 480, 600, 600]
