"""A topic's cursor: each number is handed on once and in order, whatever comes in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.dialects.envelope import envelope
from realtime.events import Event
from realtime.feed import Feed, Subscription, text_of
from realtime.registry import TopicKind
from realtime.tests.events import make_event

KIND = TopicKind("till", "till", authorize=lambda user: True)


def make_feed(cursor: int = 0) -> Feed:
    return Feed("till", KIND, cursor)


def offer(feed: Feed, *numbers: int) -> list[int | None]:
    """What the feed hands on when these numbers come."""
    return [event.seq for n in numbers for event in feed.offer(make_event(n))]


def subscribed(feed: Feed, *, types: Any = None, user_id: str = "7") -> Subscription:
    """A subscription at the feed's cursor, of a socket that is open."""
    socket: Any = SimpleNamespace(user_id=user_id, outbox=SimpleNamespace(is_open=True))
    subscription = Subscription(feed, socket, envelope, feed.cursor, types)
    feed.add(subscription)
    return subscription


# --- order ---


def test_what_comes_in_order_is_handed_on_at_once() -> None:
    assert offer(make_feed(), 1, 2, 3) == [1, 2, 3]


def test_what_comes_twice_is_handed_on_once() -> None:
    assert offer(make_feed(), 1, 1, 2, 1, 2) == [1, 2]


def test_what_comes_early_waits_for_what_is_missing() -> None:
    feed = make_feed()
    assert offer(feed, 3, 2) == []
    assert feed.is_behind()
    assert offer(feed, 1) == [1, 2, 3]
    assert not feed.is_behind()


def test_what_was_there_before_the_feed_was_opened_is_not_handed_on() -> None:
    assert offer(make_feed(cursor=5), 4, 5, 6) == [6]


def test_a_feed_that_is_told_of_a_number_knows_that_it_is_behind() -> None:
    feed = make_feed(cursor=5)
    feed.know_of(4)
    assert not feed.is_behind()
    feed.know_of(7)
    assert feed.is_behind()
    offer(feed, 6)
    assert feed.is_behind()
    offer(feed, 7)
    assert not feed.is_behind()


@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 8)))
def test_any_order_with_any_repeats_gives_each_number_once(
    order: list[int], repeats: list[int]
) -> None:
    assert offer(make_feed(), *repeats, *order) == list(range(1, 9))


# --- what is in memory ---


def test_recent_events_are_known_back_to_where_the_feed_was_opened() -> None:
    feed = make_feed(cursor=5)
    offer(feed, 6, 7, 8)
    assert [event.seq for event in feed.recent_after(6) or ()] == [7, 8]
    assert [event.seq for event in feed.recent_after(5) or ()] == [6, 7, 8]
    assert feed.recent_after(8) == []
    assert feed.recent_after(4) is None


def test_only_so_many_recent_events_are_kept() -> None:
    feed = make_feed()
    offer(feed, *range(1, 301))
    assert feed.recent_after(300 - 256 - 1) is None
    assert len(feed.recent_after(300 - 256) or ()) == 256


# --- who listens ---


def test_a_live_subscription_is_grouped_by_its_shape_and_keeps_its_place_when_suspended() -> None:
    feed = make_feed()
    first, second = subscribed(feed), subscribed(feed)
    for subscription in (first, second):
        feed.go_live(subscription)
    assert list(feed.live[envelope]) == [first, second]
    offer(feed, 1, 2)
    feed.suspend(first)
    assert (first.live, first.cursor, list(feed.live[envelope])) == (False, 2, [second])
    feed.suspend(first)
    feed.remove(second)
    assert feed.live == {} and second.ended
    assert feed.subscriptions() == [first]


def test_the_feed_counts_those_who_take_some_types_only() -> None:
    feed = make_feed()
    some, all_ = subscribed(feed, types={"till.opened"}), subscribed(feed)
    feed.go_live(some)
    feed.go_live(all_)
    assert feed.filtered == 1
    feed.suspend(all_)
    assert feed.filtered == 1
    feed.remove(some)
    assert feed.filtered == 0


@pytest.mark.parametrize(
    ("types", "event", "wanted"),
    [
        (None, {}, True),
        ({"till.opened"}, {}, True),
        ({"till.closed"}, {}, False),
        (frozenset(), {}, False),
        (None, {"exclude_user": "7"}, False),
        (None, {"exclude_user": "8"}, True),
        (None, {"only_user": "7"}, True),
        (None, {"only_user": "8"}, False),
        ({"till.closed"}, {"only_user": "7"}, False),
    ],
)
def test_who_wants_an_event(types: Any, event: dict[str, Any], wanted: bool) -> None:
    subscription = subscribed(make_feed(), types=types)
    assert subscription.wants(make_event(**event)) is wanted


def test_nothing_is_given_to_who_has_ended_is_on_hold_or_closed() -> None:
    feed = make_feed()
    ended, held, closed, fine = (subscribed(feed) for _ in range(4))
    feed.remove(ended)
    held.on_hold = True
    closed.subscriber.outbox.is_open = False  # type: ignore[misc]
    given = [subscription.may_be_given() for subscription in (ended, held, closed, fine)]
    assert given == [False, False, False, True]
    assert fine.topic == "till"


def test_who_steps_back_begins_with_the_last_event() -> None:
    subscription = subscribed(make_feed(cursor=5))
    subscription.step_back()
    assert subscription.cursor == 4
    first = subscribed(make_feed())
    first.step_back()
    assert first.cursor == 0


# --- writing ---


def test_an_event_that_cannot_be_written_is_left_out_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(event: Event) -> str:
        raise ValueError("no such field")

    assert text_of(fails, make_event(4)) is None
    assert "till.opened #4 of till can't be written" in caplog.text
    assert text_of(envelope, make_event(4)) is not None
