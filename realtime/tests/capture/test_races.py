"""Whoever changes a row at the same time, what listeners are told last is what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction

from realtime.jsontext import load_json
from realtime.log import reading
from realtime.tests.capture.models import Article, Book, Label, Shop, Supplier
from realtime.tests.threads import wait_until_blocked

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"
    ),
]

Work = Callable[[], Any]


class Other:
    """Somebody else, on a connection of their own."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._thread = Thread(target=self._run)

    def begin(self) -> None:
        """They get as far as they can: to their end, or to a lock that we hold."""
        self._thread.start()
        wait_until_blocked(self._thread)

    def end(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        finally:
            connections.close_all()


@contextmanager
def overtaken_by(work: Work) -> Iterator[None]:
    """A transaction; when it has done its own and not committed, another begins."""
    other = Other(work)
    with transaction.atomic():
        yield
        other.begin()
    other.end()


@contextmanager
def interrupted_by(work: Work, *, after: str) -> Iterator[None]:
    """As soon as something was read from the table ``after``, another begins."""
    other, begun = Other(work), False

    def run(execute: Any, sql: str, *arguments: Any) -> Any:
        nonlocal begun
        result = execute(sql, *arguments)
        if not begun and sql.startswith("SELECT") and f'FROM "{after}"' in sql:
            begun = True
            other.begin()
        return result

    with connection.execute_wrapper(run):
        yield
    assert begun
    other.end()


def last_told(topic: str) -> Any:
    return load_json(reading.events_after(topic, 0)[-1].data)


def shown(shop: Shop) -> dict[str, str]:
    """The articles that a page shows which has followed the shop from its beginning."""
    articles: dict[str, str] = {}
    for event in reading.events_after(f"shop:{shop.pk}", 0):
        if event.type.startswith("article.") and event.entity_id:
            articles[event.entity_id] = load_json(event.data)["name"]
            if event.type == "article.deleted":
                del articles[event.entity_id]
    return articles


def there(shop: Shop) -> dict[str, str]:
    return {str(pk): name for pk, name in shop.articles.values_list("pk", "name")}


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Corner shop")


@pytest.fixture
def other_shop() -> Shop:
    return Shop.objects.create(name="Market hall")


@pytest.fixture
def article(shop: Shop) -> Article:
    supplier = Supplier.objects.create(name="Plantation")
    return Article.objects.create(shop=shop, name="Tea", stock=10, supplier=supplier)


def renamed(row: Any) -> Work:
    return lambda: type(row).objects.filter(pk=row.pk).update(name="Green")


def test_a_row_that_gets_a_label_is_told_as_it_is_whoever_renames_it(article: Article) -> None:
    label = Label.objects.create(name="organic")
    with overtaken_by(renamed(article)):
        article.labels.add(label)
    assert shown(article.shop) == there(article.shop) == {str(article.pk): "Green"}


def test_a_label_that_goes_leaves_the_row_told_as_it_is(article: Article) -> None:
    label = Label.objects.create(name="organic")
    article.labels.add(label)
    with overtaken_by(renamed(article)):
        label.delete()
    assert shown(article.shop) == there(article.shop) == {str(article.pk): "Green"}


def test_a_row_whose_pairs_have_a_model_is_told_as_it_is(shop: Shop) -> None:
    clerk = get_user_model().objects.create(username="clerk")
    with overtaken_by(renamed(shop)):
        shop.staff.add(clerk)
    assert last_told(f"shop:{shop.pk}") == {"name": "Green"}


def by_parent(pk: int) -> None:
    Article.objects.filter(pk=pk).update(name="Ulysses")


def by_child(pk: int) -> None:
    Book.objects.filter(pk=pk).update(isbn="2")


@pytest.mark.parametrize("first, second", [(by_parent, by_child), (by_child, by_parent)])
def test_a_child_is_told_as_it_is_whoever_changes_its_parent(
    shop: Shop, first: Callable[[int], None], second: Callable[[int], None]
) -> None:
    book = Book.objects.create(shop=shop, name="Novel", isbn="1", stock=10)
    with overtaken_by(lambda: second(book.pk)):
        first(book.pk)
    assert last_told("till") == {"isbn": "2", "name": "Ulysses"}


DELETIONS: dict[str, Callable[[Article], Any]] = {
    "row": lambda article: article.delete(),
    "queryset": lambda article: Article.objects.filter(pk=article.pk).delete(),
    "queryset by a relation": lambda a: Article.objects.filter(shop__name=a.shop.name).delete(),
    "with its shop": lambda article: Shop.objects.get(pk=article.shop_id).delete(),
    "with its shop's queryset": lambda article: Shop.objects.filter(pk=article.shop_id).delete(),
    "with what nobody observes": lambda article: Supplier.objects.get().delete(),
}


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS.keys())
def test_a_row_that_is_moved_while_it_is_deleted_is_a_ghost_nowhere(
    article: Article, other_shop: Shop, delete: Callable[[Article], Any]
) -> None:
    def move() -> None:
        Article.objects.filter(pk=article.pk).update(shop=other_shop)

    shop = article.shop
    with interrupted_by(move, after="shop_article"):
        delete(article)
    assert (shown(shop), shown(other_shop)) == ({}, {})
    assert not Article.objects.exists()
    deletions = [
        event.type
        for topic in (f"shop:{shop.pk}", f"shop:{other_shop.pk}")
        for event in reading.events_after(topic, 0)
        if event.type in ("article.created", "article.deleted")
    ]
    assert deletions.count("article.created") == deletions.count("article.deleted")


def test_a_row_that_came_to_match_after_the_deletion_began_is_left(
    article: Article, other_shop: Shop
) -> None:
    """What is found is what was locked; the one that comes later isn't told of and doesn't go."""
    coffee = Article.objects.create(shop=other_shop, name="Coffee", stock=10)

    def move() -> None:
        Article.objects.filter(pk=coffee.pk).update(shop=article.shop)

    shop = article.shop
    with interrupted_by(move, after="shop_article"):
        Article.objects.filter(shop=shop).delete()
    assert shown(shop) == there(shop) == {str(coffee.pk): "Coffee"}
    assert shown(other_shop) == {}
