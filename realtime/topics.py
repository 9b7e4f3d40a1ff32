"""The engine's own topics: a user's, the staff's, everybody's, who is online (for the staff), and what is pushed to a user verbatim."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from realtime.auth.staff import is_staff
from realtime.registry import event, personal_topics, topic


def _is_own(user: Any, user_id: str) -> bool:
    return str(user.pk) == user_id


topic("user:<str:user_id>", authorize=_is_own, members=False, asks_database=False)
topic(
    "push:<str:user_id>",
    authorize=_is_own,
    members=False,
    stored=False,
    joinable=False,
    asks_database=False,
)
topic(
    "staff",
    authorize=is_staff,
    members=False,
    stored=False,
    asks_database=False,
)
topic(
    "presence",
    authorize=lambda user: user.is_staff,
    members=False,
    stored=False,
    asks_database=False,
)
topic("everyone", authorize=lambda user: True, members=False, stored=False, asks_database=False)


class Presence(msgspec.Struct):
    user_id: str


event(
    "user.online", schema=Presence, alias="user.online", summary="A user's first connection opened."
)
event(
    "user.offline",
    schema=Presence,
    alias="user.offline",
    summary="A user's last connection is gone.",
)


@personal_topics
def _standing_topics(user: Any) -> Iterable[str]:
    yield f"user:{user.pk}"
    yield "everyone"
    if is_staff(user):
        yield "staff"
        yield "presence"
