"""Whoever has loaded a family's wish list and hears its topic needs no reload."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from examples.gifting.models import Family, FamilyMember, Item, List
from examples.gifting.serializers import ItemSerializer, ListSerializer
from realtime.testing import Frame, told_in_full

pytestmark = pytest.mark.django_db


@pytest.fixture
def carol() -> Any:
    return get_user_model().objects.create_user("gifting-carol")


@pytest.fixture
def wishes(carol: Any) -> List:
    family = Family.objects.create(name="The Bakers")
    FamilyMember.objects.create(family=family, user=carol)
    return List.objects.create(family=family, name="Birthday")


@pytest.fixture
def kite(wishes: List) -> Item:
    return Item.objects.create(list=wishes, name="A kite")


def page(wishes: List) -> dict[str, Any]:
    """What a page of a list shows: the list, and its items by id."""
    items = Item.objects.filter(list=wishes)
    return {
        "list": ListSerializer(List.objects.get(pk=wishes.pk)).data,
        "items": {str(item.pk): ItemSerializer(item).data for item in items},
    }


def keep_page(state: dict[str, Any], event: Frame) -> dict[str, Any]:
    kind, _, verb = event["type"].partition(".")
    if kind == "list":
        state["list"] = event["data"]
    elif verb == "deleted":
        del state["items"][str(event["data"]["id"])]
    else:
        state["items"][str(event["data"]["id"])] = event["data"]
    return state


def test_all_that_can_happen_to_a_list_is_told_in_full(
    wishes: List, kite: Item, carol: Any
) -> None:
    with told_in_full(
        f"list:{wishes.pk}", snapshot=lambda: page(wishes), apply=keep_page
    ) as events:
        kite.assignee, kite.status = carol, Item.Status.RESERVED
        kite.save()
        book = Item.objects.create(list=wishes, name="A book")
        Item.objects.filter(pk=book.pk).update(name="A thick book")
        wishes.name = "Christmas"
        wishes.save()
        Item.objects.filter(list=wishes).update(status=Item.Status.BOUGHT)
        kite.delete()
    assert {"item.assigned", "item.status_changed", "item.deleted", "list.updated"} <= {
        event["type"] for event in events
    }


def test_an_item_that_moves_to_another_list_leaves_one_page_and_comes_to_the_other(
    wishes: List, kite: Item
) -> None:
    other = List.objects.create(family=wishes.family, name="Christmas")

    def both() -> list[dict[str, Any]]:
        return [page(wishes), page(other)]

    def keep_both(state: list[dict[str, Any]], event: Frame) -> list[dict[str, Any]]:
        which = 0 if event["room"] == f"list:{wishes.pk}" else 1
        keep_page(state[which], event)
        return state

    with told_in_full(
        f"list:{wishes.pk}", f"list:{other.pk}", snapshot=both, apply=keep_both
    ) as events:
        kite.list = other
        kite.save()
    assert [event["type"] for event in events] == ["item.deleted", "item.created"]
