"""What is ready in a feed is for those who are live when it became so: whoever comes or goes meanwhile changes nothing."""

from __future__ import annotations

from typing import Any

from realtime.events import Event, ephemeral
from realtime.feed import Feed, Subscription
from realtime.frames import Bundle, text_frame, text_message
from realtime.registry import TopicKind

KIND = TopicKind("room:<str:name>", "room", authorize=lambda user, name: True)


class Reader:
    user_id = "7"


def _shape(event: Event) -> str:
    return event.type


def _event(seq: int) -> Event:
    event = ephemeral("room:a", f"number {seq}", {})
    return Event(topic="room:a", type=event.type, data=event.data, timestamp="", seq=seq)


def _feed(told: list[tuple[Any, str]]) -> Feed:
    def hand_out(feed: Feed) -> None:
        events, feed.ready = feed.ready, []
        for subscription in feed.live.get(_shape, ()):
            told.extend((subscription, event.type) for event in events)

    return Feed("room:a", KIND, 0, hand_out)


def _live(feed: Feed) -> Subscription:
    subscription = Subscription(feed, Reader(), _shape, feed.cursor)  # type: ignore[arg-type]
    feed.add(subscription)
    feed.go_live(subscription)
    return subscription


def test_a_newcomer_is_not_told_what_was_ready_before() -> None:
    told: list[tuple[Any, str]] = []
    feed = _feed(told)
    old = _live(feed)
    feed.ready.extend(feed.offer(_event(1)))
    new = _live(feed)
    assert new.cursor == 1
    feed.ready.extend(feed.offer(_event(2)))
    feed.hand_out()
    assert told == [(old, "number 1"), (old, "number 2"), (new, "number 2")]


def test_who_is_suspended_has_been_told_up_to_their_place() -> None:
    told: list[tuple[Any, str]] = []
    feed = _feed(told)
    subscription = _live(feed)
    feed.ready.extend(feed.offer(_event(1)))
    feed.suspend(subscription)
    assert told == [(subscription, "number 1")]
    assert subscription.cursor == 1
    feed.ready.extend(feed.offer(_event(2)))
    feed.hand_out()
    assert len(told) == 1


def test_who_leaves_while_they_are_told_has_left_once() -> None:
    def hand_out(feed: Feed) -> None:
        feed.ready = []
        feed.remove(subscription)  # as a socket does that can't be written to

    feed = Feed("room:a", KIND, 0, hand_out)
    subscription = _live(feed)
    feed.ready.extend(feed.offer(_event(1)))
    feed.suspend(subscription)
    assert subscription.ended
    assert not feed.is_heard()


def test_a_bundle_is_its_frames_one_after_the_other() -> None:
    texts = ["a", "ä" * 100, "x" * 70_000]
    assert Bundle(texts).frames == b"".join(text_frame(text_message(text)) for text in texts)
    assert text_frame(text_message("ä" * 100))[:4] == b"\x81\x7e\x00\xc8"
