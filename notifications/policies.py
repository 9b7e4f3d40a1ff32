"""Who is told what by which channel, and when: decisions on values, without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from notifications.models import Digest, NotificationSettings
from notifications.registry import Channel, Kind


@dataclass(frozen=True, slots=True)
class Policy:
    """What one user decided, as far as one kind and one target are concerned."""

    settings: NotificationSettings
    choices: Mapping[Channel, bool] = field(default_factory=dict)
    """Cells of the matrix that the user changed."""
    muted: bool = False


def channels_for(kind: Kind, policy: Policy) -> frozenset[Channel]:
    """The channels that carry a kind to a user. A muted target is heard of by mentions only."""
    if policy.muted and not kind.mention:
        return frozenset()
    wanted = {
        channel for channel in Channel if policy.choices.get(channel, channel in kind.channels)
    }
    if policy.settings.emails_stopped_at is not None:
        wanted.discard(Channel.EMAIL)
    return frozenset(wanted)


def waits_for_digest(kind: Kind, channel: Channel, settings: NotificationSettings) -> bool:
    return channel is Channel.EMAIL and settings.digest != Digest.OFF and not kind.urgent


def due_at(
    kind: Kind,
    channel: Channel,
    settings: NotificationSettings,
    *,
    now: datetime,
    delay: timedelta,
    default_zone: tzinfo,
) -> datetime:
    """When a delivery is tried first: after its delay, not in quiet hours (but urgent ones), or with the next digest."""
    zone = ZoneInfo(settings.timezone) if settings.timezone else default_zone
    if waits_for_digest(kind, channel, settings):
        return next_digest(settings, now, zone)
    moment = now + delay if channel is Channel.EMAIL else now
    return moment if kind.urgent else after_quiet_hours(settings, moment, zone)


def after_quiet_hours(settings: NotificationSettings, moment: datetime, zone: tzinfo) -> datetime:
    """``moment``, or the end of the quiet hours that it falls into. They may span midnight; equal ends mean none."""
    start, end = settings.quiet_from, settings.quiet_until
    if start is None or end is None or start == end:
        return moment
    local = moment.astimezone(zone)
    clock = local.time()
    if start < end:
        quiet, days = start <= clock < end, 0
    else:
        quiet, days = clock >= start or clock < end, 1 if clock >= start else 0
    if not quiet:
        return moment
    return _local_moment(local.date() + timedelta(days=days), end, zone)


def next_digest(settings: NotificationSettings, moment: datetime, zone: tzinfo) -> datetime:
    """The first time after ``moment`` at which this user's digests are sent."""
    day = moment.astimezone(zone).date()
    for _ in range(8):
        candidate = _local_moment(day, settings.digest_at, zone)
        right_day = settings.digest != Digest.WEEKLY or day.weekday() == settings.digest_weekday
        if candidate > moment and right_day:
            return candidate
        day += timedelta(days=1)
    raise AssertionError("every weekday comes within eight days")


def _local_moment(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def retry_after(attempts: int, first: float, longest: float) -> timedelta:
    """How long to wait after this many failures: doubling, bounded."""
    return timedelta(seconds=min(first * 2 ** (attempts - 1), longest))
