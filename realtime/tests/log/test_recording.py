"""Recording: an event exists if, and only if, its change was committed, with the next number of its topic."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, Event, Lock

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

import realtime
from realtime.jsontext import load_json
from realtime.log import reading
from realtime.log.access import access_changes_after, last_access_change, record_access_change
from realtime.log.record import Draft, record_many
from realtime.models import LogEpoch, StoredEvent, TopicHead
from realtime.tests.capture.models import Article, Job, Shop
from realtime.tests.threads import on_threads

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"
)


def numbers(topic: str) -> list[int | None]:
    return [event.seq for event in reading.events_after(topic, 0, limit=100_000)]


def said(topic: str) -> list[str]:
    return [event.type for event in reading.events_after(topic, 0)]


class Undo(Exception):
    """The change is taken back."""


@contextmanager
def taken_back() -> Iterator[None]:
    with pytest.raises(Undo), transaction.atomic():
        yield
        raise Undo


# --- atomic ---


def test_what_is_rolled_back_leaves_neither_a_row_nor_an_event_nor_a_gap() -> None:
    realtime.record("till", "one", {})
    with taken_back():
        realtime.record("till", "lost", {})
        Shop.objects.create(name="never")
    realtime.record("till", "two", {})
    assert (said("till"), numbers("till")) == (["one", "two"], [1, 2])
    assert not Shop.objects.exists() and not StoredEvent.objects.filter(type="lost").exists()


def test_a_savepoint_that_is_rolled_back_takes_its_events_with_it() -> None:
    with transaction.atomic():
        realtime.record("till", "one", {})
        with taken_back():
            realtime.record("till", "lost", {})
            with transaction.atomic():
                realtime.record("till", "lost as well", {})
        with transaction.atomic():
            realtime.record("till", "two", {})
        with taken_back():
            realtime.record("shelf:1", "lost", {})
    assert (said("till"), numbers("till")) == (["one", "two"], [1, 2])
    assert reading.heads(["shelf:1"])["shelf:1"].seq == 0


def test_a_row_that_is_saved_and_taken_back_is_not_told() -> None:
    shop = Shop.objects.create(name="Corner shop")
    topic = f"shop:{shop.pk}"
    with taken_back():
        Article.objects.create(shop=shop, name="Tea")
        Article.objects.filter(shop=shop).update(name="Coffee")
    with transaction.atomic():
        tea = Article.objects.create(shop=shop, name="Tea")
        with taken_back():
            tea.delete()
    assert said(topic) == ["shop.created", "article.created"]


def test_several_topics_in_one_transaction_are_numbered_each_by_itself() -> None:
    realtime.record("till", "before", {})
    with transaction.atomic():
        realtime.record(["till", "shelf:1"], "both", {})
        realtime.record("shelf:2", "one", {})
        record_many([Draft("till", "many", {}), Draft("shelf:2", "many", {})])
        realtime.record("till", "last", {})
    assert said("till") == ["before", "both", "many", "last"]
    assert said("shelf:2") == ["one", "many"]
    assert [numbers(topic) for topic in ("till", "shelf:1", "shelf:2")] == [
        [1, 2, 3, 4],
        [1],
        [1, 2],
    ]


# --- cost ---


@pytest.mark.parametrize("topics", [["till"], [f"shelf:{n}" for n in range(50)]])
def test_recording_costs_two_queries_at_most(topics: list[str]) -> None:
    realtime.record(topics, "warm.up", {})
    with transaction.atomic():
        with CaptureQueriesContext(connection) as inside:
            realtime.record(topics, "thing.happened", {"n": 1})
        queries = [query["sql"] for query in inside.captured_queries]
        assert len(queries) <= 2, queries


def test_the_sweep_asks_one_query_for_what_moved() -> None:
    mark = reading.current_mark()
    realtime.record([f"shelf:{n}" for n in range(100)], "thing.happened", {})
    with CaptureQueriesContext(connection) as asked:
        movement = reading.moved_since(mark)
    assert len(asked) == 1
    assert movement.seqs == {f"shelf:{n}": 1 for n in range(100)}
    assert reading.moved_since(mark, starting=("shelf:7", "till")).seqs == {
        f"shelf:{n}": 1 for n in [7, *range(70, 80)]
    }
    assert reading.moved_since(mark, starting=()).seqs == {}
    assert reading.moved_since(movement.mark).seqs in ({}, movement.seqs)
    realtime.record("till", "thing.happened", {})
    assert reading.moved_since(movement.mark).seqs["till"] == 1


@on_postgresql
def test_a_sweep_reads_heads_of_its_topics_only_however_long_a_transaction_stays_open() -> None:
    """Each look sees all that has moved since that one began."""
    is_open, may_end = Event(), Event()

    def work(n: int) -> None:
        if n == 0:
            with transaction.atomic():
                LogEpoch.objects.update_or_create(pk=1, defaults={"value": "1"})
                is_open.set()
                assert may_end.wait(20)
            return
        assert is_open.wait(20)
        realtime.record(["till", *(f"shelf:{n}" for n in range(50))], "thing.happened", {})
        movement = reading.moved_since(mark, lambda: {"till"})
        found.append(movement.seqs)
        found.append(reading.moved_since(movement.mark, lambda: {"till"}).seqs)
        may_end.set()

    mark = reading.current_mark()
    found: list[dict[str, int]] = []
    on_threads(2, work)
    assert found == [{"till": 1}, {"till": 1}]


@on_postgresql
def test_what_moves_while_a_sweep_is_told_its_topics_is_found_by_the_next() -> None:
    """A topic that is opened after that reads a head that is as new as the mark."""

    def name_the_topics() -> set[str]:
        realtime.record("shelf:1", "thing.happened", {})
        return {"till"}

    first = reading.moved_since(reading.current_mark(), name_the_topics)
    assert first.seqs == {}
    assert reading.moved_since(first.mark, lambda: {"shelf:1"}).seqs == {"shelf:1": 1}


# --- many writers ---


@pytest.mark.parametrize("topics", [["till"], [f"shelf:{n}" for n in range(5)]])
def test_eight_writers_leave_no_gap_and_nobody_deadlocks(topics: list[str]) -> None:
    """Topics in random order, several in a transaction, some of them rolled back."""

    def work(n: int) -> None:
        chance = random.Random(n)
        for _ in range(25):
            some = [chance.choice(topics) for _ in range(3)]
            try:
                with transaction.atomic():
                    for topic in some:
                        realtime.record(topic, "thing.happened", {"writer": n})
                    if chance.random() < 0.2:
                        raise Undo
            except Undo:
                continue
            with committed:
                for topic in some:
                    expected[topic] += 1

    committed = Lock()
    expected = dict.fromkeys(topics, 0)
    on_threads(8, work)
    for topic in topics:
        assert numbers(topic) == list(range(1, expected[topic] + 1))
        assert TopicHead.objects.get(topic=topic).seq == expected[topic]


def test_two_hundred_writes_from_eight_threads_find_no_locked_database() -> None:
    shop = Shop.objects.create(name="Corner shop")

    def work(n: int) -> None:
        for i in range(25):
            with transaction.atomic():
                Article.objects.filter(shop=shop).count()  # it reads first, and writes then
                Article.objects.create(shop=shop, name=f"{n}-{i}")

    on_threads(8, work)
    assert Article.objects.count() == 200
    assert numbers(f"shop:{shop.pk}") == list(range(1, 202))


@on_postgresql
def test_writers_of_one_topic_wait_only_for_each_others_commit() -> None:
    """Recording takes no lock: both have recorded before either commits."""

    both_have_recorded = Barrier(2, timeout=20)

    def work(n: int) -> None:
        with transaction.atomic():
            realtime.record("till", "thing.happened", {"writer": n})
            both_have_recorded.wait()

    on_threads(2, work)
    assert numbers("till") == [1, 2]


@on_postgresql
def test_a_transaction_that_commits_late_is_found_by_the_sweep() -> None:
    """Its mark lies before that of a sweep that ran meanwhile."""

    has_recorded, may_commit = Event(), Event()
    found: list[dict[str, int]] = []

    def work(n: int) -> None:
        if n == 0:
            with transaction.atomic():
                realtime.record("till", "late", {})
                has_recorded.set()
                may_commit.wait(20)
            return
        has_recorded.wait(20)
        realtime.record("shelf:1", "early", {})
        first = reading.moved_since(mark)
        may_commit.set()
        found.append(first.seqs)
        marks.append(first.mark)

    mark = reading.current_mark()
    marks: list[int] = []
    on_threads(2, work)
    assert found == [{"shelf:1": 1}]
    assert reading.moved_since(marks[0]).seqs["till"] == 1


# --- access changes ---


def test_an_event_names_the_last_access_change_before_it() -> None:
    realtime.record("till", "one", {})
    record_access_change("topic:till")
    realtime.record("till", "two", {})
    with transaction.atomic():
        realtime.record("till", "three", {})
        record_access_change("user:7", "user:8")
    realtime.record("till", "four", {})
    one, two, three, four = reading.events_after("till", 0)
    assert (one.access, two.access, four.access) == (0, 1, 3)
    assert three.access in (1, 3)  # at commit on PostgreSQL; at once on SQLite
    assert [c.scope for c in access_changes_after(0)] == ["topic:till", "user:7", "user:8"]


def test_a_loss_that_is_rolled_back_has_no_number() -> None:
    with taken_back():
        record_access_change("user:7")
    record_access_change("user:8")
    assert last_access_change() == 1


def test_a_loss_comes_before_what_is_recorded_after_it_with_many_writers() -> None:
    """Whoever sees the row gone records events that name the loss."""
    shop = Shop.objects.create(name="Corner shop")
    users = [get_user_model().objects.create(username=f"u{n}") for n in range(4)]
    for user in users:
        Job.objects.create(shop=shop, user=user)

    def work(n: int) -> None:
        if n < 4:
            Job.objects.filter(user=users[n]).delete()
            realtime.record("till", "gone", {"user": users[n].pk})
        else:
            for _ in range(20):
                realtime.record("till", "noise", {})

    on_threads(8, work)
    at = {change.scope: change.number for change in access_changes_after(0)}
    assert sorted(at.values()) == [1, 2, 3, 4]

    gone = [event for event in reading.events_after("till", 0) if event.type == "gone"]
    assert len(gone) == 4
    for event in gone:
        assert event.access >= at[f"user:{load_json(event.data)['user']}"]
