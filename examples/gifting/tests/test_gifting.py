"""A family's lists and occasions: who hears of them, and what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from examples.conftest import Told
from examples.gifting.demo import create_demo
from examples.gifting.models import Comment, Family, FamilyMember, Gift, Item, List, Occasion
from realtime.dialects.classic import topic_event
from realtime.jsontext import load_json
from realtime.log.reading import events_at
from realtime.models import AccessChange

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/examples"
MayHear = Callable[[Any, str], bool]
Rest = Callable[[Any], APIClient]


@pytest.fixture
def family(alice: Any, bob: Any, carol: Any, dave: Any) -> Family:
    """The demo's family."""
    create_demo([alice, bob, carol])
    return Family.objects.get()


@pytest.fixture
def item(family: Family) -> Item:
    return Item.objects.get(name="Headphones")


def test_the_family_hears_its_topics_and_others_do_not(
    family: Family, carol: Any, dave: Any, may_hear: MayHear
) -> None:
    lists = f"list:{List.objects.get().pk}"
    occasions = f"occasion:{Occasion.objects.get().pk}"
    for topic in (lists, occasions, "list-items:all", "gifts:all"):
        assert may_hear(carol, topic)
        assert not may_hear(dave, topic)
    assert not may_hear(carol, "list:404")


def test_what_is_of_all_families_is_for_those_who_are_in_all(
    family: Family, carol: Any, may_hear: MayHear
) -> None:
    other = Family.objects.create(name="The Smiths")
    assert not may_hear(carol, "list-items:all")
    assert AccessChange.objects.filter(scope="kind:gifts").exists()
    FamilyMember.objects.create(family=other, user=carol)
    assert may_hear(carol, "gifts:all")


def test_a_list_or_an_occasion_that_another_family_is_given_is_asked_about(
    family: Family, carol: Any, may_hear: MayHear
) -> None:
    other = Family.objects.create(name="The Smiths")
    for row in (List.objects.get(), Occasion.objects.get()):
        topic = f"{row._meta.model_name}:{row.pk}"
        assert may_hear(carol, topic)
        AccessChange.objects.all().delete()
        row.family = other
        row.save()
        assert not may_hear(carol, topic)
        assert AccessChange.objects.filter(scope=f"topic:{topic}").exists()


@pytest.mark.django_db(transaction=True)
def test_the_six_verbs_with_the_payload_of_an_item(item: Item, carol: Any, told: Told) -> None:
    topic = f"list:{item.list_id}"
    told.events()
    kite = Item.objects.create(list=item.list, name="Kite")
    kite.name = "Red kite"
    kite.save()
    kite.status = "reserved"
    kite.save()
    kite.assignee = carol
    kite.save()
    comment = Comment.objects.create(item=kite, author=carol, content="Nice")
    comment.delete()
    key = kite.pk
    kite.delete()
    stored = [event.position for event in told.events() if event.topic == topic]
    frames = [load_json(topic_event(event).encode()) for event in events_at(stored)]
    assert [frame["event"] for frame in frames] == [
        *("ADDED", "UPDATED", "STATUS_CHANGED", "ASSIGNED"),
        *("COMMENT_ADDED", "DELETED", "DELETED"),
    ]
    assert frames[3]["data"]["payload"] == {
        "id": key,
        "list_id": item.list_id,
        "name": "Red kite",
        "status": "reserved",
        "assignee_id": carol.pk,
    }
    assert frames[-1]["data"]["entity_id"] == str(key)


def test_items_and_gifts_are_told_to_their_list_and_to_all(family: Family, told: Told) -> None:
    wishes, birthday = List.objects.get(), Occasion.objects.get()
    told.events()
    Item.objects.create(list=wishes, name="Kite")
    Gift.objects.create(occasion=birthday, name="Cake")
    assert told.pairs() == [
        ("item.created", f"list:{wishes.pk}"),
        ("item.created", "list-items:all"),
        ("gift.created", f"occasion:{birthday.pk}"),
        ("gift.created", "gifts:all"),
    ]


def test_an_item_that_moves_leaves_one_list_and_arrives_in_the_other(
    item: Item, told: Told
) -> None:
    old, new = item.list_id, List.objects.create(family=item.list.family, name="Other")
    told.events()
    item.list = new
    item.save()
    assert set(told.pairs()) == {
        ("item.deleted", f"list:{old}"),
        ("item.created", f"list:{new.pk}"),
        ("item.updated", "list-items:all"),
    }


def test_strangers_see_nothing_by_rest(item: Item, dave: Any, rest: Rest) -> None:
    client = rest(dave)
    for kind in ("lists", "occasions", "items", "gifts", "comments"):
        assert client.get(f"{ROOT}/{kind}/").json()["results"] == []
    assert client.patch(f"{ROOT}/items/{item.pk}/", {"status": "bought"}).status_code == 404
    assert client.post(f"{ROOT}/items/", {"list": item.list_id, "name": "X"}).status_code == 400
    refused = client.post(f"{ROOT}/comments/", {"item": item.pk, "content": "Hi"})
    assert refused.status_code == 400


def test_the_family_reserves_and_comments_by_rest(item: Item, carol: Any, rest: Rest) -> None:
    client = rest(carol)
    changes = {"status": "reserved", "assignee": carol.pk}
    changed = client.patch(f"{ROOT}/items/{item.pk}/", changes).json()
    assert (changed["status"], changed["assignee_id"]) == ("reserved", carol.pk)
    said = client.post(f"{ROOT}/comments/", {"item": item.pk, "content": "Blue ones"}).json()
    assert said["author_id"] == carol.pk
    assert client.patch(f"{ROOT}/comments/{said['id']}/", {"content": "x"}).status_code == 405
