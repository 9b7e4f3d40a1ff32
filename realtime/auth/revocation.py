"""What changes a user's rights, by any path (API, admin, shell), reaches the user's open sockets in the same transaction.

A new password, deactivation and deletion end logins; staff status, groups and permissions ask again what each socket may hear.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, PermissionsMixin

from realtime.auth.logins import end_all_logins
from realtime.capture.declaring import changed_fields
from realtime.capture.observing import Pair, Row, observe
from realtime.log.access import record_access_change

_RIGHTS: Final = {"is_active", "is_staff", "is_superuser"}
_RELATED_RIGHTS: Final = {"groups", "user_permissions"}


class UserObserver:
    """Watches the user model."""

    def created(self, rows: list[Row]) -> None:
        """A new user has nothing open."""

    def changed(self, pairs: list[Pair]) -> None:
        for old, new in pairs:
            changed = changed_fields(old, new)
            deactivated = "is_active" in changed and not getattr(new, "is_active", True)
            if "password" in changed or deactivated:
                end_all_logins(new)  # type: ignore[arg-type]  # it is a user
            elif changed & _RIGHTS:
                _ask_again([new.pk])

    def related_changed(self, field: str, rows: list[Row]) -> None:
        if field in _RELATED_RIGHTS:
            _ask_again(row.pk for row in rows)

    def before_delete(self, row: Row) -> None:
        _ask_again([row.pk])

    def deleted(self, rows: list[Row]) -> None:
        """Recorded before, while the key was there."""


class GroupObserver:
    """Watches groups, whose permissions are their members'."""

    def created(self, rows: list[Row]) -> None:
        """A new group has no members."""

    def changed(self, pairs: list[Pair]) -> None:
        """A group's name gives no rights."""

    def related_changed(self, field: str, rows: list[Row]) -> None:
        if field == "permissions":
            _ask_again(_members_of(rows))

    def before_delete(self, row: Row) -> None:
        _ask_again(_members_of([row]))

    def deleted(self, rows: list[Row]) -> None:
        """Recorded before, while it was known who its members were."""


def observe_users() -> None:
    """Watches the project's user model, and groups where its users have them."""
    user_model: Any = get_user_model()
    observe(user_model, UserObserver())
    if issubclass(user_model, PermissionsMixin):
        observe(Group, GroupObserver())


def _members_of(groups: list[Row]) -> list[Any]:
    users: Any = get_user_model()._base_manager.filter(groups__in=[group.pk for group in groups])
    return list(users.values_list("pk", flat=True).distinct())


def _ask_again(user_ids: Iterable[Any]) -> None:
    scopes = [f"user:{pk}" for pk in user_ids]
    if scopes:
        record_access_change(*scopes)
