"""Time as an office counts it: only opening hours pass. Pure; all moments are aware, all spans seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_DAYS = 3_660
"""How far ahead opening hours are looked for."""


@dataclass(frozen=True)
class OpeningHours:
    """When an office is open: spans of local time by weekday, without the holidays.

    A span that the clock change cuts or stretches is as long as it really was.
    """

    timezone: ZoneInfo
    spans: Mapping[int, Sequence[tuple[time, time]]]
    """By weekday, 0 is Monday; in order, not overlapping. An end at 00:00 is midnight."""
    holidays: frozenset[date] = field(default_factory=frozenset)

    @cached_property
    def never_open(self) -> bool:
        return not any(self.spans.get(day) for day in range(7))

    def _open_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans that end after ``start``, in order."""
        day = start.astimezone(self.timezone).date()
        for _ in range(_MOST_DAYS):
            if day not in self.holidays:
                for opens, closes in self.spans.get(day.weekday(), ()):
                    span = self._moment(day, opens), self._moment(day, closes, end=True)
                    if span[1] > start:
                        yield max(span[0], start), span[1]
            day += timedelta(days=1)

    def _moment(self, day: date, at: time, *, end: bool = False) -> datetime:
        if end and at == time(0):
            day += timedelta(days=1)
        return datetime.combine(day, at, self.timezone).astimezone(ZoneInfo("UTC"))


def after(start: datetime, seconds: float, hours: OpeningHours | None) -> datetime:
    """The moment when so many seconds of opening hours have passed (None: the clock never stops).

    With a negative span: so much earlier by the wall clock. An office that is never open never gets there: ten years on.
    """
    if hours is None or seconds < 0:
        return start + timedelta(seconds=seconds)
    left = timedelta(seconds=seconds)
    reached = start + timedelta(days=_MOST_DAYS)
    if hours.never_open:
        return reached
    for opens, closes in hours._open_from(start):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    return reached


def between(start: datetime, end: datetime, hours: OpeningHours | None) -> float:
    """The seconds of opening hours between two moments; negative by the wall clock if ``end`` is earlier."""
    if hours is None or end <= start:
        return (end - start).total_seconds()
    passed = timedelta()
    if hours.never_open:
        return 0.0
    for opens, closes in hours._open_from(start):
        if opens >= end:
            break
        passed += min(closes, end) - opens
    return passed.total_seconds()
