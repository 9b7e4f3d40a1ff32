"""The staff is told of low stock once for each crossing, however the quantity changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from rest_framework.test import APIClient

from examples.conftest import Told
from examples.inventory.models import Item
from realtime.jsontext import load_json
from realtime.registry import registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def tape(db: None) -> Item:
    return Item.objects.create(name="Tape", quantity=20, threshold=5)


def _lows(told: Told) -> list[int]:
    """The quantities that were told."""
    events = [load_json(event.data) for event in told.events() if event.topic == "stock"]
    return [event["items"][0]["quantity"] for event in events]


def test_each_crossing_is_told_once(tape: Item, told: Told) -> None:
    told.events()
    for quantity in (6, 5, 4, 0, 9, 5):
        tape.quantity = quantity
        tape.save()
    assert _lows(told) == [5, 5]


def test_a_raised_threshold_is_a_crossing_too(tape: Item, told: Told) -> None:
    told.events()
    tape.threshold = 30
    tape.save()
    assert _lows(told) == [20]


def test_bulk_changes_and_expressions_cross_as_well(tape: Item, told: Told) -> None:
    other = Item.objects.create(name="Ink", quantity=50, threshold=5)
    told.events()
    Item.objects.update(quantity=F("quantity") - 16)
    assert _lows(told) == [4]
    other.quantity = F("quantity") - 30
    other.save()
    assert _lows(told) == [4]


def test_what_is_told_names_the_item(tape: Item, told: Told) -> None:
    told.events()
    Item.objects.filter(pk=tape.pk).update(quantity=1)
    assert told.data("inventory.low_stock") == {
        "items": [{"id": tape.pk, "name": "Tape", "quantity": 1, "threshold": 5}]
    }


def test_nothing_else_of_the_stock_is_told(told: Told) -> None:
    told.events()
    item = Item.objects.create(name="Tape", quantity=1, threshold=5)
    item.name = "Duct tape"
    item.save()
    item.delete()
    assert told.events() == []


def test_the_stock_is_for_the_staff(
    alice: Any,
    carol: Any,
    tape: Item,
    rest: Callable[[Any], APIClient],
    may_hear: Callable[[Any, str], bool],
) -> None:
    assert may_hear(alice, "stock")
    assert not may_hear(carol, "stock")
    assert "stock" in registry.personal_topics(alice)
    assert "stock" not in registry.personal_topics(carol)
    path = f"/api/v1/examples/stock/{tape.pk}/"
    assert rest(alice).patch(path, {"quantity": 7}).json()["quantity"] == 7
    assert rest(alice).patch(path, {"quantity": -1}).status_code == 400
    assert rest(carol).get(path).status_code == 403
