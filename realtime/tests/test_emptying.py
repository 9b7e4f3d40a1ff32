"""What a test that commits leaves behind."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User

import realtime
from realtime.models import StoredEvent
from realtime.tests.emptying import empty_database

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_leaves_no_rows_but_those_of_migrate() -> None:
    permissions = set(Permission.objects.values_list("codename", flat=True))
    assert "view_storedevent" in permissions
    group = Group.objects.create(name="Tellers")
    group.permissions.add(Permission.objects.get(codename="view_storedevent"))
    group.user_set.add(User.objects.create_user("alice"))
    realtime.record("till", "till.opened", {})

    empty_database()

    assert not User.objects.exists()
    assert not Group.objects.exists()
    assert not Group.permissions.through.objects.exists()
    assert not StoredEvent.objects.exists()
    assert set(Permission.objects.values_list("codename", flat=True)) == permissions


@pytest.mark.django_db(transaction=True, available_apps=["django.contrib.auth", "realtime"])
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_of_some_apps_only_leaves_the_others_their_permissions(turn: int) -> None:
    """The second turn sees what the first one left."""
    assert Permission.objects.filter(codename="view_storedevent").exists()
    assert not User.objects.exists()
    User.objects.create_user("alice")
