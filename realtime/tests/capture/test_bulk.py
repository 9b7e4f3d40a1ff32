"""Many rows at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext

from realtime.hooks.queueing import active_hooks
from realtime.models import StoredEvent
from realtime.registry import registry
from realtime.tests.capture.conftest import Told, rolled_back
from realtime.tests.capture.models import Article, Price, Receipt, Shop, Voucher

pytestmark = pytest.mark.django_db

MANY = 1000


def _queries_on(captured: CaptureQueriesContext, table: str) -> list[str]:
    """The statements that aren't the caller's own writes to the table."""
    verbs = ("INSERT INTO", "INSERT OR IGNORE INTO", "UPDATE", "DELETE FROM")
    own = tuple(f'{verb} "{table}"' for verb in verbs)
    return [q["sql"] for q in captured if not q["sql"].startswith((*own, "SAVEPOINT", "RELEASE"))]


@pytest.fixture
def articles(shop: Shop) -> list[Article]:
    return Article.objects.bulk_create(
        Article(shop=shop, name=f"Article {i}", stock=10) for i in range(MANY)
    )


def test_a_saved_row_costs_at_most_two_queries_more(article: Article) -> None:
    active_hooks()
    article.name = "Green tea"
    with CaptureQueriesContext(
        connection,
    ) as captured:
        article.save()
    assert len(_queries_on(captured, "shop_article")) <= 2
    with CaptureQueriesContext(connection) as captured:
        Receipt.objects.create(total=10)
    assert len(_queries_on(captured, "shop_receipt")) <= 2
    with CaptureQueriesContext(connection) as captured:
        article.delete()
    assert len([q for q in _queries_on(captured, "shop_article") if "realtime_" in q]) == 1


def test_a_thousand_new_rows_are_recorded_in_few_queries(shop: Shop) -> None:
    active_hooks()
    with CaptureQueriesContext(connection) as captured:
        Article.objects.bulk_create(
            Article(shop=shop, name=f"Article {i}", stock=10) for i in range(MANY)
        )
    assert len(_queries_on(captured, "shop_article")) <= 10
    assert StoredEvent.objects.filter(topic=f"shop:{shop.pk}").count() == MANY + 1


def test_a_thousand_changed_rows_are_recorded_in_few_queries(
    shop: Shop, articles: list[Article], told: Told
) -> None:
    active_hooks()
    told.events()
    with CaptureQueriesContext(connection) as captured:
        assert Article.objects.filter(shop=shop).update(stock=F("stock") + 1) == MANY
    assert len(_queries_on(captured, "shop_article")) <= 10
    events = [event for event in told.events() if event.topic == f"shop:{shop.pk}"]
    assert len(events) == MANY
    assert events[0].data.endswith('"stock":11}')


def test_bulk_update_is_recorded_in_few_queries(
    shop: Shop, articles: list[Article], told: Told
) -> None:
    active_hooks()
    told.events()
    for article in articles:
        article.status = "sold"
    with CaptureQueriesContext(connection) as captured:
        Article.objects.bulk_update(articles, ["status"])
    assert len(_queries_on(captured, "shop_article")) <= 10
    assert told.types(f"shop:{shop.pk}") == ["article.status_changed"] * MANY


def test_a_cascade_is_told_row_by_row_in_few_queries(
    shop: Shop, articles: list[Article], told: Told
) -> None:
    active_hooks()
    told.events()
    topic = f"shop:{shop.pk}"
    with CaptureQueriesContext(connection) as captured:
        shop.delete()
    recording = [q for q in captured if "realtime_" in q["sql"]]
    assert len(recording) <= 10
    assert sorted(told.types(topic)) == ["article.deleted"] * MANY + ["shop.deleted"]


def test_a_queryset_delete_is_told(shop: Shop, articles: list[Article], told: Told) -> None:
    told.events()
    Article.objects.filter(name__endswith="7").delete()
    assert told.types(f"shop:{shop.pk}") == ["article.deleted"] * 100


@pytest.mark.parametrize("goes", [Article.objects.all, Shop.objects.all], ids=["rows", "cascade"])
def test_rows_that_go_together_are_locked_in_one_query(
    shop: Shop, articles: list[Article], goes: Any
) -> None:
    """Of rows that go with others Django's own does it."""
    with CaptureQueriesContext(connection) as captured:
        goes().delete()
    queries = [q["sql"] for q in captured if q["sql"].startswith("SELECT")]
    reads = [sql for sql in queries if ' FROM "shop_article" WHERE' in sql]
    locking = [sql for sql in reads if sql.endswith("FOR NO KEY UPDATE")]
    assert len(reads) <= 2
    assert len(locking) == connection.features.has_select_for_update


def test_what_topics_and_data_refer_to_is_read_once_for_all_rows(
    articles: list[Article], told: Told
) -> None:
    active_hooks()
    told.events()
    with CaptureQueriesContext(connection) as captured:
        Price.objects.bulk_create(
            Price(article_id=article.pk, currency="EUR", amount=5) for article in articles
        )
    assert len(_queries_on(captured, "shop_price")) <= 10
    assert told.types() == ["price.created"] * MANY


def test_a_function_may_read_for_all_rows_at_once_what_no_relation_is(
    shop: Shop, articles: list[Article]
) -> None:
    [declared] = [each for each in registry.live_models if each.model is Price]
    read: list[list[Price]] = []
    prices = [Price(article=article, currency="EUR", amount=5) for article in articles[:3]]
    replace(declared, fetch=("article", read.append)).created(prices)
    assert read == [prices]


def test_within_a_transaction_bulk_changes_need_no_savepoint(
    shop: Shop, articles: list[Article]
) -> None:
    articles[0].stock = 3
    with CaptureQueriesContext(connection) as captured:
        Article.objects.bulk_create([Article(shop=shop, name="Tea")])
        Article.objects.bulk_update(articles[:2], ["stock"])
        Article.objects.filter(name="Tea").update(stock=1)
    assert not [q for q in captured if "SAVEPOINT" in q["sql"]]


def test_a_transaction_that_is_rolled_back_tells_nothing_of_its_bulk(
    shop: Shop, article: Article, told: Told
) -> None:
    told.events()
    with rolled_back():
        Article.objects.update(name="Green tea")
    assert told.events() == []


def test_rows_added_through_the_other_side_of_a_relation_are_told(
    article: Article, told: Told
) -> None:
    other = Shop.objects.create(name="Other")
    told.events()
    other.articles.add(article)
    assert ("article.created", f"shop:{other.pk}") in told.pairs()


def test_update_or_create_get_or_create_and_the_like_are_told(shop: Shop, told: Told) -> None:
    told.events()
    Article.objects.get_or_create(shop=shop, name="Tea", defaults={"stock": 5})
    Article.objects.update_or_create(shop=shop, name="Tea", defaults={"stock": 6})
    assert told.types(f"shop:{shop.pk}") == ["article.created", "article.updated"]


def test_rows_left_out_because_of_a_conflict_are_not_told(article: Article, told: Told) -> None:
    Price.objects.create(article=article, currency="EUR", amount=5)
    told.events()
    Price.objects.bulk_create(
        [
            Price(article=article, currency="EUR", amount=6),
            Price(article=article, currency="USD", amount=7),
        ],
        ignore_conflicts=True,
    )
    assert told.data("price.created") == {"amount": 7, "article": "Tea"}


def test_rows_changed_because_of_a_conflict_are_told_as_changed(
    article: Article, told: Told
) -> None:
    Price.objects.create(article=article, currency="EUR", amount=5)
    Price.objects.create(article=article, currency="GBP", amount=5)
    told.events()
    Price.objects.bulk_create(
        [
            Price(article=article, currency="EUR", amount=6),
            Price(article=article, currency="USD", amount=7),
            Price(article=article, currency="GBP", amount=5),
        ],
        update_conflicts=True,
        unique_fields=["article", "currency"],
        update_fields=["amount"],
    )
    assert sorted((e.type, e.data) for e in told.events()) == [
        ("price.created", '{"amount":7,"article":"Tea"}'),
        ("price.updated", '{"amount":6,"article":"Tea"}'),
    ]


def test_new_rows_without_anything_unique_can_be_made_with_ignore_conflicts(
    shop: Shop, told: Told
) -> None:
    told.events()
    made = Article.objects.bulk_create([Article(shop=shop, name="Tea")], ignore_conflicts=True)
    assert made[0].pk is not None
    assert told.types(f"shop:{shop.pk}") == ["article.created"]


def test_of_rows_some_of_which_may_conflict_all_that_are_new_are_told(told: Told) -> None:
    Voucher.objects.create(name="Spring", code="A")
    told.events()
    made = Voucher.objects.bulk_create(
        [
            Voucher(name="Summer"),
            Voucher(name="Autumn", code="A"),
            Voucher(name="Winter", code="B"),
        ],
        ignore_conflicts=True,
    )
    assert [voucher.name for voucher in made] == ["Summer", "Autumn", "Winter"]
    assert sorted(event.data for event in told.events()) == [
        '{"name":"Summer","code":null,"uses":1}',
        '{"name":"Winter","code":"B","uses":1}',
    ]


def test_new_rows_are_told_with_what_the_database_made_of_them(told: Told) -> None:
    told.events()
    Voucher.objects.bulk_create([Voucher(name="Spring"), Voucher(name=Upper(Value("Summer")))])
    Voucher.objects.bulk_create([Voucher(name="Autumn", uses="7")])
    assert [event.data for event in told.events()] == [
        '{"name":"Spring","code":null,"uses":1}',
        '{"name":"SUMMER","code":null,"uses":1}',
        '{"name":"Autumn","code":null,"uses":7}',
    ]


def test_a_conflict_that_only_the_database_sees_is_ignored_as_asked(told: Told) -> None:
    Voucher.objects.create(name="Spring")
    told.events()
    Voucher.objects.bulk_create(
        [Voucher(name="SPRING"), Voucher(name="Summer"), Voucher(name="spring", code="A")],
        ignore_conflicts=True,
    )
    assert told.data("voucher.created") == {"name": "Summer", "code": None, "uses": 1}
    assert Voucher.objects.count() == 2


def test_a_thousand_rows_that_may_conflict_are_recorded_in_few_queries(
    articles: list[Article], told: Told
) -> None:
    active_hooks()
    for article in articles[:10]:
        Price.objects.create(article=article, currency="EUR", amount=4)
    told.events()
    with CaptureQueriesContext(connection) as captured:
        Price.objects.bulk_create(
            (Price(article_id=article.pk, currency="EUR", amount=5) for article in articles),
            ignore_conflicts=True,
        )
    assert len(_queries_on(captured, "shop_price")) <= 10
    assert told.types() == ["price.created"] * (MANY - 10)


@pytest.mark.django_db(transaction=True)
def test_every_row_of_a_bulk_is_given_the_number_of_its_event() -> None:
    shop = Shop.objects.create(name="Corner shop")
    Article.objects.bulk_create(Article(shop=shop, name=f"Article {i}") for i in range(50))
    numbers = Article.objects.order_by("pk").values_list("seq", flat=True)
    assert list(numbers) == list(range(2, 52))
