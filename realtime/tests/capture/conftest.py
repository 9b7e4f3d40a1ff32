from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction

from realtime.jsontext import load_json
from realtime.models import StoredEvent
from realtime.tests.capture.models import Article, Shop


@contextmanager
def rolled_back() -> Iterator[None]:
    """A savepoint that is rolled back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Told:
    """What has been recorded since it was made, or since it was last asked."""

    def __init__(self) -> None:
        self._after = 0
        self.events()

    def events(self) -> list[StoredEvent]:
        found = list(StoredEvent.objects.filter(position__gt=self._after).order_by("position"))
        self._after = found[-1].position if found else self._after
        return found

    def types(self, topic: str | None = None) -> list[str]:
        return [event.type for event in self.events() if topic in (None, event.topic)]

    def pairs(self) -> list[tuple[str, str]]:
        return [(event.type, event.topic) for event in self.events()]

    def data(self, type: str) -> Any:
        (event,) = [event for event in self.events() if event.type == type]
        return load_json(event.data)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop.objects.create(name="Corner shop")


@pytest.fixture
def article(shop: Shop) -> Article:
    return Article.objects.create(shop=shop, name="Tea", stock=10)


@pytest.fixture
def alice(db: None) -> User:
    return get_user_model().objects.create_user("shop-alice", password="Secret123")


@pytest.fixture
def told(db: None) -> Told:
    return Told()
