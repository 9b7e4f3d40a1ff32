"""What users are told of flags: each their own."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test.utils import CaptureQueriesContext
from waffle.models import Flag

import realtime
from realtime.hooks.queueing import forget_hooks
from realtime.jsontext import load_json
from realtime.models import StoredEvent
from realtime.presence.peers import Peer

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> list[User]:
    """Two users who are online, and one who isn't."""
    made = [User.objects.create_user(name) for name in ("f-alice", "f-carol", "f-away")]
    online = [Peer(str(user.pk), user.username) for user in made[:2]]
    monkeypatch.setattr("realtime.presence.selectors.online_users", lambda ids=None: online)
    assert realtime.online_users() == online
    return made


def _told() -> dict[str, Any]:
    """The last evaluation on each topic."""
    events = StoredEvent.objects.filter(type="flag.updated").order_by("position")
    return {event.topic: load_json(event.data) for event in events}


def test_each_user_who_is_online_hears_their_own_evaluation(people: list[User]) -> None:
    alice, carol, away = people
    flag = Flag.objects.create(name="new-editor")
    assert _told()[f"flags:{alice.pk}"] == {"name": "new-editor", "active": False}
    flag.users.add(alice)
    assert _told()[f"flags:{alice.pk}"]["active"] is True
    assert _told()[f"flags:{carol.pk}"]["active"] is False
    assert f"flags:{away.pk}" not in _told()


def test_groups_and_everyone_count_as_waffle_has_them(people: list[User]) -> None:
    alice, carol, _ = people
    testers = Group.objects.create(name="testers")
    carol.groups.add(testers)
    flag = Flag.objects.create(name="new-editor")
    flag.groups.add(testers)
    assert _told()[f"flags:{carol.pk}"]["active"] is True
    flag.everyone = False
    flag.save()
    assert _told()[f"flags:{carol.pk}"]["active"] is False
    Flag.objects.update(everyone=True)
    assert _told()[f"flags:{alice.pk}"]["active"] is True


def test_a_deleted_flag_is_off_for_all(people: list[User]) -> None:
    flag = Flag.objects.create(name="new-editor", everyone=True)
    assert all(value["active"] for value in _told().values())
    flag.delete()
    assert not any(value["active"] for value in _told().values())


def test_a_flag_costs_the_same_for_many_users(
    people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    flag = Flag.objects.create(name="new-editor")

    def queries() -> int:
        flag.note += "."
        forget_hooks()  # which are asked for every few seconds: here each time
        with CaptureQueriesContext(connection) as captured:
            flag.save()
        return len(captured)

    few = queries()
    users = User.objects.bulk_create(User(username=f"f-{i}") for i in range(100))
    many = [Peer(str(user.pk), user.username) for user in users]
    monkeypatch.setattr("realtime.presence.selectors.online_users", lambda ids=None: many)
    assert queries() == few
