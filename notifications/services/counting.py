"""A user's counters, pushed to all their sockets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import realtime
from notifications.selectors import Counts, counts_by_user, counts_of, user_topic


def tell_counts(user_id: Any) -> None:
    """Pushes the user's counters, as they are now."""
    _push(user_id, counts_of(user_id))


def correct_counts(told: Mapping[Any, Counts]) -> None:
    """Pushes the counters of those who were told others, once the transaction that told them has committed.

    Two transactions that notify the same user don't see each other's row, so both tell the same number.
    """
    for user_id, counts in counts_by_user(told).items():
        if counts != told[user_id]:
            _push(user_id, counts)


def _push(user_id: Any, counts: Counts) -> None:
    realtime.send_to_room(user_topic(user_id), "notification.counts", dict(counts))
