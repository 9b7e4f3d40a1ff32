"""Whether flags are on for a user: as waffle says it, from the rows as they are in the running transaction."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from waffle.models import AbstractBaseFlag, Flag

import realtime


def is_on(flag: Flag, user: Any, *, users: set[Any], groups: set[Any]) -> bool:
    """A flag for a user, whose groups have been read.

    Waffle's own answer takes the members from a cache that is older than the transaction. What a flag says by request only
    (percent, language, testing) is not known here, and counts as off.
    """
    if flag.everyone is not None:
        return bool(flag.everyone)
    if AbstractBaseFlag.is_active_for_user(flag, user) or user.pk in users:
        return True
    return bool(groups & {group.pk for group in user.groups.all()})


def evaluations(flag: Flag) -> dict[str, dict[str, Any]]:
    """What each user who is online now is told of a flag, by topic; four queries for any number of users."""
    users, groups = _members(flag)
    return {
        f"flags:{user.pk}": {
            "name": flag.name,
            "active": is_on(flag, user, users=users, groups=groups),
        }
        for user in _online()
    }


def off(flag: Flag) -> dict[str, dict[str, Any]]:
    """What they are told of a flag that is gone."""
    return {f"flags:{user.pk}": {"name": flag.name, "active": False} for user in _online()}


def flags_of(user: Any) -> dict[str, bool]:
    """All flags for a user, by name: what a page starts with."""
    flags: Any = Flag.objects  # waffle's manager is typed by its abstract base, which has neither
    found = flags.prefetch_related("users", "groups").order_by("name")
    return {
        flag.name: is_on(
            flag,
            user,
            users={member.pk for member in flag.users.all()},
            groups={group.pk for group in flag.groups.all()},
        )
        for flag in found
    }


def _members(flag: Flag) -> tuple[set[Any], set[Any]]:
    return (
        set(flag.users.values_list("pk", flat=True)),
        set(flag.groups.values_list("pk", flat=True)),
    )


def _online() -> Any:
    ids = [peer.user_id for peer in realtime.online_users()]
    return get_user_model()._default_manager.filter(pk__in=ids).prefetch_related("groups")
