"""Many-to-many fields."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from realtime.capture import connect_signals
from realtime.models import AccessChange
from realtime.tests.capture.conftest import Told
from realtime.tests.capture.models import Article, Label, Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def label() -> Label:
    return Label.objects.create(name="organic")


def test_adding_removing_and_clearing_is_an_update(
    article: Article, label: Label, told: Told
) -> None:
    topic = f"shop:{article.shop_id}"
    told.events()
    article.labels.add(label)
    assert told.types(topic) == ["article.updated"]
    article.labels.add(label)
    assert told.types(topic) == []
    article.labels.remove(label)
    assert told.types(topic) == ["article.updated"]
    article.labels.set([label])
    assert told.types(topic) == ["article.updated"]
    article.labels.clear()
    assert told.types(topic) == ["article.updated"]


def test_the_other_side_counts_too(article: Article, label: Label, told: Told) -> None:
    topic = f"shop:{article.shop_id}"
    told.events()
    label.articles.add(article)
    assert told.types(topic) == ["article.updated"]
    label.articles.clear()
    assert told.types(topic) == ["article.updated"]


def test_a_related_row_that_is_deleted_changes_those_who_had_it(
    article: Article, label: Label, told: Told
) -> None:
    article.labels.add(label)
    told.events()
    label.delete()
    assert told.types(f"shop:{article.shop_id}") == ["article.updated"]


def test_both_ends_of_a_symmetrical_field_are_told(article: Article, told: Told) -> None:
    milk = Article.objects.create(shop=article.shop, name="Milk", stock=10)
    told.events()
    article.goes_with.add(milk)
    assert {e.entity_id for e in told.events()} == {str(article.pk), str(milk.pk)}
    article.goes_with.clear()
    assert {e.entity_id for e in told.events()} == {str(article.pk), str(milk.pk)}


def test_a_field_with_a_model_between_is_told_however_its_rows_change(
    shop: Shop, alice: User, told: Told
) -> None:
    topic = f"shop:{shop.pk}"
    told.events()
    shop.staff.add(alice)
    assert told.types(topic) == ["shop.updated"]
    shop.staff.through.objects.get(user=alice).delete()
    assert told.types(topic) == ["shop.updated"]


def test_what_a_permission_depends_on_asks_it_anew(shop: Shop, alice: User) -> None:
    shop.staff.add(alice)
    assert not AccessChange.objects.filter(scope=f"user:{alice.pk}").exists()
    shop.staff.remove(alice)
    assert AccessChange.objects.filter(scope=f"user:{alice.pk}").exists()


def test_connecting_once_more_doesnt_tell_twice(shop: Shop, alice: User, told: Told) -> None:
    connect_signals()
    told.events()
    shop.staff.add(alice)
    assert told.types(f"shop:{shop.pk}") == ["shop.updated"]
