"""The people of these tests and their credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from realtime.auth.logins import start_login
from realtime.auth.tokens import TokenPair
from realtime.tests.auth.factories import make_user


@pytest.fixture(autouse=True)
def _fresh_throttles() -> Iterator[None]:
    """Sign-ins of one test don't count for the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Any) -> None:
    """Most tests here make users, and a good hash takes a third of a second."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def carol(db: None) -> Any:
    return make_user(username="carol")


@pytest.fixture
def dave(db: None) -> Any:
    return make_user(username="dave")


@pytest.fixture
def alice(db: None) -> Any:
    return make_user(username="alice", is_staff=True)


@pytest.fixture
def carols_tokens(carol: Any) -> TokenPair:
    return start_login(user=carol)


@pytest.fixture
def client() -> APIClient:
    """A REST client that isn't signed in."""
    return APIClient()


@pytest.fixture
def as_carol(carols_tokens: TokenPair) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {carols_tokens.access}")
    return client
