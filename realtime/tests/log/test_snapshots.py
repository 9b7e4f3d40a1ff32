"""A snapshot's rows and the number that it names agree, whatever is written meanwhile."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

import realtime
from realtime.log import reading
from realtime.tests.capture.models import Article, Shop
from realtime.tests.threads import on_threads

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite has one view, and no read-only mode"
)


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Corner shop")


def test_rows_and_number_agree_while_a_writer_writes(shop: Shop) -> None:
    """Each article is one event: so the number says how many articles there are."""
    topic, done = f"shop:{shop.pk}", Event()
    start = reading.heads([topic])[topic].seq
    seen: list[tuple[int, int]] = []

    def work(n: int) -> None:
        if n == 0:
            for i in range(60):
                Article.objects.create(shop=shop, name=str(i))
            done.set()
            return
        while not done.is_set():
            with realtime.snapshot() as snap:
                before = int(snap.position(topic)["seq"])
                articles = Article.objects.count()
                after = int(snap.position(topic)["seq"])
            assert before == after
            seen.append((articles, after))

    on_threads(3, work)
    assert seen and all(articles == seq - start for articles, seq in seen)


def test_a_snapshot_names_the_epoch_and_a_topic_without_events_stands_at_0() -> None:
    with realtime.snapshot() as snap:
        assert snap.position("shelf:9") == {"seq": 0, "epoch": reading.epoch()}


def test_a_snapshot_takes_no_write_lock(shop: Shop) -> None:
    is_open, has_written = Event(), Event()

    def work(n: int) -> None:
        if n == 0:
            with realtime.snapshot():
                Article.objects.count()
                is_open.set()
                assert has_written.wait(10)
        else:
            is_open.wait(10)
            Article.objects.create(shop=shop, name="Tea")
            has_written.set()

    on_threads(2, work)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a transaction has one view on SQLite")
def test_inside_a_transaction_that_is_one_view_that_one_is_used(shop: Shop) -> None:
    with transaction.atomic():
        Article.objects.create(shop=shop, name="Tea")
        with realtime.snapshot():
            assert Article.objects.count() == 1
        Article.objects.create(shop=shop, name="Coffee")
    assert Article.objects.count() == 2


@on_postgresql
def test_inside_a_transaction_that_sees_what_others_commit_a_snapshot_is_refused(
    shop: Shop,
) -> None:
    """As in a view under ``ATOMIC_REQUESTS``: rows read first, and a number of later."""
    refused = pytest.raises(transaction.TransactionManagementError, match="READ COMMITTED")
    with transaction.atomic(), refused, realtime.snapshot():
        pass


@on_postgresql
def test_inside_a_snapshot_that_one_is_used(shop: Shop) -> None:
    with realtime.snapshot() as outer:
        before = outer.position(f"shop:{shop.pk}")
        on_threads(1, lambda n: Article.objects.create(shop=shop, name="Tea") and None)
        with realtime.snapshot() as inner:
            assert (Article.objects.count(), inner.position(f"shop:{shop.pk}")) == (0, before)


@pytest.mark.django_db(transaction=False)
def test_a_test_whose_transaction_is_rolled_back_may_take_snapshots() -> None:
    with realtime.snapshot() as snap:
        assert snap.position("till")["seq"] == 0


def test_after_a_snapshot_one_can_write_as_before(shop: Shop) -> None:
    mode: Any = getattr(connection, "transaction_mode", None)
    with pytest.raises(RuntimeError), realtime.snapshot():
        raise RuntimeError
    with realtime.snapshot():
        pass
    assert getattr(connection, "transaction_mode", None) == mode
    with transaction.atomic():
        Article.objects.create(shop=shop, name="Tea")


@on_postgresql
def test_a_snapshot_is_for_reading(shop: Shop) -> None:
    with pytest.raises(Exception, match="read-only"), realtime.snapshot():
        Shop.objects.create(name="Another")
