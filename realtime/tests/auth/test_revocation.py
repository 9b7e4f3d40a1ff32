"""Whatever changes a user's rights is an access change for that user's sockets, in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from realtime.auth.logins import change_password, end_all_logins, end_login, start_login
from realtime.auth.tokens import TokenPair
from realtime.models import AccessChange, Login
from realtime.tests.auth.factories import make_user

pytestmark = pytest.mark.django_db


def scopes() -> set[str]:
    return set(AccessChange.objects.values_list("scope", flat=True))


def saved(user: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(user, name, value)
    user.save()


def updated(user: Any, **fields: Any) -> None:
    type(user).objects.filter(pk=user.pk).update(**fields)


def new_password(user: Any) -> None:
    user.set_password("another")
    user.save()


def in_new_group(user: Any) -> Group:
    group = Group.objects.create(name=f"group of {user.pk}")
    user.groups.add(group)
    AccessChange.objects.all().delete()
    return group


def a_permission() -> Permission:
    return Permission.objects.all()[0]


CHANGES: dict[str, Callable[[Any], Any]] = {
    "password": new_password,
    "password, that field only": lambda u: (
        u.set_password("x"),
        u.save(update_fields=["password"]),
    ),
    "password by update()": lambda u: updated(u, password="!"),
    "password by service": lambda u: change_password(user=u, new_password="another"),
    "deactivation": lambda u: saved(u, is_active=False),
    "deactivation by update()": lambda u: updated(u, is_active=False),
    "staff": lambda u: saved(u, is_staff=True),
    "staff by update()": lambda u: updated(u, is_staff=True),
    "superuser": lambda u: saved(u, is_superuser=True),
    "group": lambda u: in_new_group(u) and u.groups.clear(),
    "group, removed": lambda u: u.groups.remove(in_new_group(u)),
    "group, set to none": lambda u: in_new_group(u) and u.groups.set([]),
    "group, added from its end": lambda u: Group.objects.create(name="x").user_set.add(u),
    "group, cleared from its end": lambda u: in_new_group(u).user_set.clear(),
    "group, deleted": lambda u: in_new_group(u).delete(),
    "group, its permissions": lambda u: in_new_group(u).permissions.add(a_permission()),
    "group, its permissions from their end": lambda u: a_permission().group_set.add(
        in_new_group(u)
    ),
    "permission": lambda u: u.user_permissions.add(a_permission()),
    "all logins": end_all_logins,
    "deletion": lambda u: u.delete(),
    "deletion by queryset": lambda u: type(u).objects.filter(pk=u.pk).delete(),
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())


@each_change
def test_a_change_of_rights_asks_again_for_this_user_only(
    change: Callable[[Any], Any], carol: Any, dave: Any
) -> None:
    start_login(user=dave)
    scope = f"user:{carol.pk}"
    change(carol)
    assert scopes() == {scope}


@each_change
def test_a_change_that_is_rolled_back_is_no_access_change(
    change: Callable[[Any], Any], carol: Any
) -> None:
    start_login(user=carol)
    with transaction.atomic():
        change(carol)
        transaction.set_rollback(True)
    assert not scopes()
    assert Login.objects.get().ended_at is None


ENDINGS = {name: CHANGES[name] for name in CHANGES if name.startswith(("password", "deactiv"))}


@pytest.mark.parametrize("change", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_new_password_and_deactivation_end_all_logins(
    change: Callable[[Any], Any], carol: Any
) -> None:
    start_login(user=carol)
    start_login(user=carol)
    change(get_user_model().objects.get(pk=carol.pk))
    assert not Login.objects.filter(ended_at=None).exists()


HARMLESS: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda u: u.save(),
    "name": lambda u: saved(u, first_name="Carol"),
    "last login": lambda u: u.save(update_fields=["last_login"]),
    "activated anew": lambda u: saved(u, is_active=True),
    "signing in": lambda u: start_login(user=u),
    "a new user": lambda u: make_user(username="erin", is_staff=True),
    "an empty clear": lambda u: u.groups.clear() if u.groups.exists() else None,
    "a group's name": lambda u: Group.objects.create(name="x") and Group.objects.update(name="y"),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_changes_no_rights_is_no_access_change(
    change: Callable[[Any], Any], carol: Any
) -> None:
    start_login(user=carol)
    change(carol)
    assert not scopes()
    assert not Login.objects.exclude(ended_at=None).exists()


def test_ending_one_login_is_told_to_that_login(carol: Any, carols_tokens: TokenPair) -> None:
    sid = Login.objects.get().sid
    start_login(user=carol)
    end_login(sid)
    assert scopes() == {f"login:{sid}"}


def test_activating_a_user_asks_again_and_ends_nothing(carol: Any) -> None:
    updated(carol, is_active=False)
    AccessChange.objects.all().delete()
    updated(carol, is_active=True)
    assert scopes() == {f"user:{carol.pk}"}
