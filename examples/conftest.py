"""The people of the examples' tests: Alice, Bob and Carol are in the demo's project and family, Dave is in neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

from realtime.registry import registry
from realtime.tests.capture.conftest import Told

__all__ = ["Told"]


def _person(name: str, *, is_staff: bool = False) -> Any:
    return get_user_model().objects.create_user(name, is_staff=is_staff)


@pytest.fixture
def alice(db: None) -> Any:
    return _person("alice", is_staff=True)


@pytest.fixture
def bob(db: None) -> Any:
    return _person("bob", is_staff=True)


@pytest.fixture
def carol(db: None) -> Any:
    return _person("carol")


@pytest.fixture
def dave(db: None) -> Any:
    return _person("dave")


@pytest.fixture
def told(db: None) -> Told:
    """What has been recorded since it was last asked."""
    return Told()


@pytest.fixture
def rest() -> Callable[[Any], APIClient]:
    """The REST client of a user."""

    def of(user: Any) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return of


@pytest.fixture
def may_hear() -> Callable[[Any, str], bool]:
    """Whether a user is let into a room."""

    def asked(user: Any, room: str) -> bool:
        found = registry.resolve(room)
        assert found is not None, room
        kind, params = found
        return kind.authorize(user, **params)

    return asked
