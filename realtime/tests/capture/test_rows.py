"""One row at a time: saved, changed, hidden, moved, deleted."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.signals import pre_delete

from realtime.tests.capture.conftest import Told, rolled_back
from realtime.tests.capture.models import Article, Bargain, Receipt, Shop

pytestmark = pytest.mark.django_db


def test_a_new_row_is_told_on_each_of_its_topics_with_their_own_data(
    shop: Shop, told: Told
) -> None:
    told.events()
    tea = Article.objects.create(shop=shop, name="Tea", stock=10)
    first, second = told.events()
    assert (first.type, first.topic) == ("article.created", f"shop:{shop.pk}")
    assert (second.type, second.topic) == ("article.created", f"shelf:{shop.pk}")
    assert first.data == f'{{"id":{tea.pk},"name":"Tea","stock":10}}'
    assert second.data == '{"name":"Tea"}'
    assert first.entity_id == str(tea.pk)


def test_a_row_with_a_key_of_its_own_choosing_is_new_the_first_time_and_changed_the_second(
    shop: Shop, told: Told
) -> None:
    told.events()
    Article(pk=77, shop=shop, name="Tea", stock=10).save()
    assert told.types(f"shop:{shop.pk}") == ["article.created"]
    Article(pk=77, shop=shop, name="Coffee", stock=10).save()
    assert told.types(f"shop:{shop.pk}") == ["article.updated"]


def test_a_row_that_must_be_there_is_changed_whatever_made_its_key(told: Told) -> None:
    receipt = Receipt.objects.create(total=10)
    told.events()
    Receipt(pk=receipt.pk, total=20).save(force_update=True)
    assert told.types() == ["receipt.updated"]


def test_saving_without_a_change_says_nothing(article: Article, told: Told) -> None:
    told.events()
    article.save()
    assert told.events() == []


def test_changes_of_ignored_fields_say_nothing(article: Article, told: Told) -> None:
    told.events()
    article.looked_at = article.updated_at
    article.save()
    assert told.events() == []


def test_a_named_change_alone_is_told_alone(article: Article, told: Told) -> None:
    told.events()
    article.status = "sold"
    article.save()
    assert told.types(f"shop:{article.shop_id}") == ["article.status_changed"]


def test_a_named_change_with_others_is_followed_by_updated(article: Article, told: Told) -> None:
    told.events()
    article.status, article.name = "sold", "Green tea"
    article.save()
    assert told.types(f"shop:{article.shop_id}") == ["article.status_changed", "article.updated"]


def test_a_property_that_changes_has_a_name_when_its_function_gives_one(
    article: Article, told: Told
) -> None:
    told.events()
    article.stock = 1
    article.save()
    assert told.types(f"shop:{article.shop_id}") == ["article.scarce", "article.updated"]
    article.stock = 9
    article.save()
    assert told.types(f"shop:{article.shop_id}") == ["article.updated"]


def test_a_hidden_row_is_deleted_for_listeners_and_comes_back_as_new(
    article: Article, told: Told
) -> None:
    told.events()
    article.hidden = True
    article.save()
    assert told.types(f"shop:{article.shop_id}") == ["article.deleted"]
    article.name = "Nobody hears this"
    article.save()
    assert told.events() == []
    article.hidden = False
    article.save()
    assert told.types(f"shop:{article.shop_id}") == ["article.created"]


def test_a_row_that_moves_is_deleted_there_and_new_here(article: Article, told: Told) -> None:
    old, new = article.shop_id, Shop.objects.create(name="Other").pk
    told.events()
    article.shop_id = new
    article.save()
    assert set(told.pairs()) == {
        ("article.deleted", f"shop:{old}"),
        ("article.deleted", f"shelf:{old}"),
        ("article.created", f"shop:{new}"),
        ("article.created", f"shelf:{new}"),
    }


def test_update_fields_tells_what_was_written_and_not_what_was_only_set(
    article: Article, told: Told
) -> None:
    told.events()
    article.name, article.stock = "Green tea", 99
    article.save(update_fields=["name"])
    assert told.events()[0].data == f'{{"id":{article.pk},"name":"Green tea","stock":10}}'


def test_an_expression_is_told_with_the_number_it_came_to(article: Article, told: Told) -> None:
    told.events()
    article.stock = F("stock") - 4
    article.save()
    events = told.events()
    assert [e.data for e in events if e.topic.startswith("shop:")] == [
        f'{{"id":{article.pk},"name":"Tea","stock":6}}'
    ]


def test_a_value_of_another_type_is_told_as_it_is_stored(article: Article, told: Told) -> None:
    told.events()
    article.stock = "2"
    article.save()
    events = [event for event in told.events() if event.topic.startswith("shop:")]
    assert [event.type for event in events] == ["article.scarce", "article.updated"]
    assert events[0].data == f'{{"id":{article.pk},"name":"Tea","stock":2}}'
    new = Article.objects.create(shop=article.shop, name="Milk", stock="9")
    assert told.events()[0].data == f'{{"id":{new.pk},"name":"Milk","stock":9}}'


def test_a_row_with_deferred_fields_is_told_whole(article: Article, told: Told) -> None:
    told.events()
    thin = Article.objects.only("name").get(pk=article.pk)
    thin.name = "Green tea"
    thin.save()
    event = told.events()[0]
    assert event.type == "article.updated"
    assert event.data == f'{{"id":{article.pk},"name":"Green tea","stock":10}}'


def test_a_deleted_row_is_told_with_the_data_it_had(article: Article, told: Told) -> None:
    pk, shop_id = article.pk, article.shop_id
    told.events()
    article.delete()
    events = told.events()
    assert [(e.type, e.topic, e.entity_id) for e in events] == [
        ("article.deleted", f"shop:{shop_id}", str(pk)),
        ("article.deleted", f"shelf:{shop_id}", str(pk)),
    ]
    assert events[0].data == f'{{"id":{pk},"name":"Tea","stock":10}}'


def test_a_row_is_deleted_where_it_is_now_not_where_an_old_copy_says(
    article: Article, told: Told
) -> None:
    old_copy = Article.objects.get(pk=article.pk)
    new = Shop.objects.create(name="Other").pk
    article.shop_id = new
    article.save()
    told.events()
    old_copy.delete()
    assert {topic for _, topic in told.pairs()} == {f"shop:{new}", f"shelf:{new}"}


def test_a_deletion_that_is_tried_again_after_a_failure_is_told_once(
    article: Article, told: Told
) -> None:
    told.events()
    with rolled_back():
        article.delete()
    again = Article.objects.get(name="Tea")
    again.delete()
    assert told.types(f"shop:{article.shop_id}") == ["article.deleted"]


def test_a_deletion_that_is_refused_leaves_the_transaction_around_it_whole(
    article: Article, told: Told
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError

    told.events()
    pre_delete.connect(refuse, sender=Article)
    try:
        with pytest.raises(PermissionError):
            article.delete()
    finally:
        pre_delete.disconnect(refuse, sender=Article)
    assert Article.objects.filter(pk=article.pk).exists()
    assert told.events() == []


def test_a_row_that_comes_back_and_goes_again_is_told_each_time_once(
    article: Article, told: Told
) -> None:
    told.events()
    article.delete()
    article.save()
    article.delete()
    assert told.types(f"shop:{article.shop_id}") == [
        "article.deleted",
        "article.created",
        "article.deleted",
    ]


def test_a_rolled_back_savepoint_leaves_no_event(article: Article, told: Told) -> None:
    told.events()
    with rolled_back():
        article.name = "Green tea"
        article.save()
    article.refresh_from_db()
    article.name = "Black tea"
    article.save()
    assert told.types(f"shop:{article.shop_id}") == ["article.updated"]


def test_a_save_that_the_database_refuses_leaves_no_event(article: Article, told: Told) -> None:
    told.events()
    with pytest.raises(IntegrityError), transaction.atomic():
        Article(shop=article.shop, name=None).save()  # type: ignore[misc]
    article.name = "Green tea"
    article.save()
    assert told.types(f"shop:{article.shop_id}") == ["article.updated"]


def test_what_is_done_through_a_proxy_is_told_as_the_models_own(
    article: Article, told: Told
) -> None:
    told.events()
    bargain = Bargain.objects.get(pk=article.pk)
    bargain.name = "Cheap tea"
    bargain.save()
    bargain.delete()
    assert told.types(f"shop:{article.shop_id}") == ["article.updated", "article.deleted"]


def test_a_receiver_that_saves_the_row_again_is_told_after_it(told: Told) -> None:
    told.events()
    receipt = Receipt.objects.create(total=7)
    events = told.events()
    assert [(e.type, e.data) for e in events] == [
        ("receipt.created", '{"total":7}'),
        ("receipt.updated", '{"total":10}'),
    ]
    receipt.total = 11
    receipt.save()
    assert [(e.type, e.data) for e in told.events()] == [
        ("receipt.updated", '{"total":11}'),
        ("receipt.updated", '{"total":20}'),
    ]


def test_a_deleted_user_is_no_longer_the_keeper_of_anything(
    article: Article, alice: User, told: Told
) -> None:
    article.keeper = alice
    article.save()
    told.events()
    alice.delete()
    assert told.types(f"shop:{article.shop_id}") == ["article.entrusted"]
