from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import UserManager
from django.db.models import QuerySet

from realtime.auth import lookup
from realtime.auth.credentials import identify_token
from realtime.auth.logins import start_login
from realtime.auth.lookup import users_with_logins
from realtime.errors import InvalidToken
from realtime.models import Login
from realtime.tests.auth.factories import make_user, token_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _written_anew() -> None:
    lookup._written.clear()


def test_users_come_with_those_of_their_logins_that_were_asked_for(carol: Any, dave: Any) -> None:
    for _ in range(3):
        start_login(user=carol)
    first, second, ended = Login.objects.filter(user=carol)
    Login.objects.filter(pk=ended.pk).update(ended_at="2026-01-01T00:00:00Z")
    found = users_with_logins([carol.pk, dave.pk, 10**9], [first.sid, second.sid, ended.sid, "no"])
    marks = {(row.username, row.realtime_sid, row.realtime_login_mark) for row in found}
    assert marks == {
        ("carol", first.sid, first.password_mark),
        ("carol", second.sid, second.password_mark),
        ("dave", None, None),
    }


@pytest.mark.parametrize("number", [1, 2, 3, 5, 501])
def test_any_number_is_found(number: int) -> None:
    users = [make_user(username=f"user{n}") for n in range(number)]
    found = users_with_logins([user.pk for user in users], [])
    assert sorted(row.pk for row in found) == sorted(user.pk for user in users)
    assert all(row == get_user_model().objects.get(pk=row.pk) for row in found[:3])


class Choosy(UserManager[Any]):
    """An app's manager that leaves out whom it is told to."""

    without = ""

    def get_queryset(self) -> QuerySet[Any]:
        everybody = super().get_queryset()
        return everybody.exclude(username=self.without) if self.without else everybody


def test_a_manager_that_changes_its_mind_is_heard_each_time(
    carol: Any, dave: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = Choosy()
    manager.model = get_user_model()
    monkeypatch.setitem(vars(type(carol)._meta), "default_manager", manager)
    tokens = {user.username: token_for(user) for user in (carol, dave)}
    for out, other in (("", "carol"), ("carol", "dave"), ("dave", "carol")):
        manager.without = out
        assert identify_token(tokens[other]).user.get_username() == other
        if out:
            with pytest.raises(InvalidToken):
                identify_token(tokens[out])
