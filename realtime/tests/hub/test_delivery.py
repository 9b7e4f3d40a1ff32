"""From the log to the sockets of one process: each event once, in order, whatever becomes of the hints."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest
from django.contrib.auth.models import User

import realtime
from realtime import draining, hints
from realtime.db import in_pool
from realtime.dialects.classic import topic_event
from realtime.events import Event, ephemeral
from realtime.hub import Hub
from realtime.log import reading
from realtime.log.epoch import begin_new_epoch
from realtime.log.pruning import prune_events
from realtime.log.record import Draft, record_many
from realtime.models import StoredEvent, TopicHead
from realtime.monitoring.metrics import metrics
from realtime.registry import registry
from realtime.tests.hub.conftest import Reader, eventually, write

pytestmark = pytest.mark.django_db(transaction=True)


async def logged(topic: str = "till") -> list[Event]:
    return await in_pool(reading.events_after, topic, 0)


# --- with hints ---


async def test_a_reader_hears_what_is_recorded_from_then_on(hub: Hub, alice: User) -> None:
    await write("till", 2)
    reader = Reader(hub, alice)
    granted = await reader.join("till")
    assert (granted.seq, granted.resumed) == (2, False)
    assert granted.position() == {"seq": 2, "epoch": hub.epoch, "resumed": False}
    await write("till", 2)
    await eventually(lambda: reader.seqs() == [3, 4])


async def test_two_shapes_of_one_topic_on_one_socket(hub: Hub, alice: User) -> None:
    reader = Reader(hub, alice)
    await reader.join("till")
    await reader.join("till", shape=topic_event)
    await write("till")
    await eventually(lambda: len(reader.frames) == 2)
    assert {frame.get("event") for frame in reader.frames} == {None, "TILL_OPENED"}


async def test_a_filter_takes_types_and_leaves_no_gap_for_others(hub: Hub, alice: User) -> None:
    all_, some = Reader(hub, alice), Reader(hub, alice)
    await all_.join("till")
    await some.join("till", types={"till.closed"})
    await write("till", 2)
    await write("till", type="till.closed")
    await eventually(lambda: all_.seqs() == [1, 2, 3])
    assert some.seqs() == [3]


async def test_what_is_counted_as_delivered_is_what_was_sent(hub: Hub, alice: User) -> None:
    one, *others = [Reader(hub, alice) for _ in range(10)]
    await one.join("till")
    for reader in others:
        await reader.join("till", types={"till.closed"})
    delivered = metrics.events_delivered
    await write("till", 2)
    await eventually(lambda: one.seqs() == [1, 2])
    assert metrics.events_delivered - delivered == 2


async def test_an_event_that_a_dialect_cannot_write_keeps_nothing_else_back(
    hub: Hub, alice: User, hushed: None
) -> None:
    def breaks(event: Event) -> str:
        raise KeyError("no such field")

    reader = Reader(hub, alice)
    await reader.join("till", shape=breaks)
    await reader.join("till")
    await write("till", 2)
    await eventually(lambda: reader.seqs() == [1, 2])
    hub.accept([ephemeral("till", "till.rung", {})])
    assert len(reader.frames) == 3


async def test_nobody_else_waits_for_a_stalled_reader(hub: Hub, alice: User) -> None:
    stalled, lively = Reader(hub, alice, limit=1_000), Reader(hub, alice)
    await stalled.join("till")
    await lively.join("till")
    stalled.may_take.clear()
    await write("till", 20, data={"text": "x" * 100})
    await eventually(lambda: len(lively.seqs()) == 20)
    assert not stalled.outbox.is_open
    stalled.may_take.set()
    await eventually(lambda: stalled.frames and stalled.frames[-1] == 4409)
    assert stalled.seqs() == []


async def test_what_is_not_stored_is_relayed_to_who_listens_now(hub: Hub, alice: User) -> None:
    reader = Reader(hub, alice)
    granted = await reader.join("window", since=3)
    assert (granted.seq, granted.resumed) == (0, False)
    await write("window", 2)
    await eventually(lambda: len(reader.frames) == 2)
    assert reader.seqs("window") == []
    await hub.fill(hub.feeds["window"])
    assert hub.feeds["window"].filling is None


async def test_an_ephemeral_event_reaches_whom_it_is_for(hub: Hub, alice: User, bob: User) -> None:
    hers, his = Reader(hub, alice), Reader(hub, bob)
    for reader in (hers, his):
        await reader.join("till")
    hub.accept([ephemeral("till", "for.all", {})])
    assert hers.frames.pop()["type"] == his.frames.pop()["type"] == "for.all"
    hub.accept([ephemeral("till", "a", {}, exclude_user=str(alice.pk))])
    hub.accept([ephemeral("till", "b", {}, only_user=str(alice.pk))])
    hub.accept([ephemeral("other", "c", {})])
    assert [frame["type"] for frame in hers.frames] == ["b"]
    assert [frame["type"] for frame in his.frames] == ["a"]


async def test_what_has_no_name_for_a_client_is_not_sent(hub: Hub, alice: User) -> None:
    reader = Reader(hub, alice)
    await reader.join("till", shape=lambda event: None)
    await write("till")
    hub.accept([ephemeral("till", "till.rung", {})])
    await eventually(lambda: hub.feeds["till"].cursor == 1)
    assert reader.frames == []


# --- without ---


async def test_the_sweep_finds_what_no_hint_told_of(deaf_hub: Hub, alice: User) -> None:
    reader = Reader(deaf_hub, alice)
    await reader.join("till")
    await write("till", 3)
    await write("shelf:1", 3)
    assert reader.frames == []
    await deaf_hub.sweeper.sweep()
    await eventually(lambda: reader.seqs() == [1, 2, 3])
    await deaf_hub.sweeper.sweep()
    assert reader.seqs() == [1, 2, 3]


async def test_a_hint_that_comes_early_makes_the_hub_read_what_is_missing(
    deaf_hub: Hub, alice: User
) -> None:
    reader = Reader(deaf_hub, alice)
    await reader.join("till")
    await write("till", 5)
    events = await logged()
    deaf_hub.accept([events[4]])
    deaf_hub.accept([events[2], events[2]])
    await eventually(lambda: reader.seqs() == [1, 2, 3, 4, 5])
    deaf_hub.accept(reversed(events))
    assert reader.seqs() == [1, 2, 3, 4, 5]


async def test_a_long_gap_is_filled_page_by_page(deaf_hub: Hub, alice: User) -> None:
    reader = Reader(deaf_hub, alice)
    await reader.join("till")

    def many() -> None:
        record_many([Draft("till", "till.opened", {}) for _ in range(1_200)])

    await in_pool(many)
    fills = metrics.gap_fills
    await deaf_hub.fill(deaf_hub.feeds["till"])
    await eventually(lambda: reader.seqs() == list(range(1, 1_201)))
    assert metrics.gap_fills - fills == 3


async def test_a_fill_that_fails_is_tried_again_by_the_sweep(
    deaf_hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch, hushed: None
) -> None:
    reader = Reader(deaf_hub, alice)
    await reader.join("till")
    await write("till", 2)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "events_after", _database_is_down)
        with pytest.raises(OSError):
            await deaf_hub.fill(deaf_hub.feeds["till"])
    assert deaf_hub.feeds["till"].filling is None
    await deaf_hub.sweeper.sweep()
    await eventually(lambda: reader.seqs() == [1, 2])


def _database_is_down(*args: Any) -> Any:
    raise OSError("the database is down")


async def test_the_sweep_goes_on_after_a_failure_and_says_so_once(
    hub: Hub, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "realtime.sweep")
    settings.REALTIME = {**settings.REALTIME, "sweep_interval": 0.001}
    failed = metrics.sweeps_failed
    with monkeypatch.context() as patch:
        patch.setattr(reading, "moved_since", _database_is_down)
        sweeping = asyncio.create_task(hub.sweeper._sweep_for_ever())
        await eventually(lambda: metrics.sweeps_failed >= failed + 3)
    swept = metrics.sweeps
    await eventually(lambda: metrics.sweeps >= swept + 2)
    sweeping.cancel()
    assert caplog.text.count("the sweep failed (OSError: the database is down)") == 1


async def test_a_hub_that_was_deaf_hears_of_a_number_only(deaf_hub: Hub, alice: User) -> None:
    """Large events are announced by their number."""
    reader = Reader(deaf_hub, alice)
    await reader.join("till")
    await write("till", 2)
    take = deaf_hub.link._take
    take({"type": hints.MESSAGE_TYPE, "from": "another", "moved": {"till": 2, "shelf:1": 3}})
    await eventually(lambda: reader.seqs() == [1, 2])
    take({"type": hints.MESSAGE_TYPE, "from": "another", "moved": {"till": 2}})
    assert deaf_hub.feeds["till"].filling is None


async def test_its_own_hints_and_those_of_strangers_are_not_taken(
    deaf_hub: Hub, alice: User
) -> None:
    reader = Reader(deaf_hub, alice)
    await reader.join("till")
    await write("till")
    text = hints._encode(await logged())
    deaf_hub.link._take({"type": hints.MESSAGE_TYPE, "from": deaf_hub.id, "events": text})
    deaf_hub.link._take({"type": "somebody.elses", "events": text})
    assert reader.frames == []
    deaf_hub.link._take({"type": hints.MESSAGE_TYPE, "from": "another", "events": text})
    assert reader.seqs() == [1]


# --- the log begins anew ---


async def test_a_new_epoch_asks_everybody_back_and_numbers_begin_where_they_stand(
    deaf_hub: Hub, alice: User
) -> None:
    await write("till", 5)
    reader = Reader(deaf_hub, alice)
    old = await reader.join("till")
    await in_pool(begin_new_epoch)
    # As from a backup: the log has fewer events, and marks lie behind.
    await in_pool(TopicHead.objects.filter(topic="till").update, seq=2, moved=1)
    await deaf_hub.sweeper.sweep()
    assert reader.told == ["restart"] and deaf_hub.feeds == {}
    back = Reader(deaf_hub, alice)
    granted = await back.join("till", since=old.seq, epoch=old.epoch)
    assert (granted.seq, granted.resumed) == (2, False)
    assert granted.epoch != old.epoch


async def test_a_hub_that_lost_track_of_a_pruned_log_asks_everybody_back(
    deaf_hub: Hub, alice: User, hushed: None
) -> None:
    for keep_last in (1, 3):
        reader = Reader(deaf_hub, alice)
        await reader.join("till")
        await write("till", 5)
        await in_pool(lambda k=keep_last: prune_events(days=30, keep=k))
        if keep_last == 3:  # all that is left is pruned as well
            await in_pool(StoredEvent.objects.all().delete)
            await in_pool(TopicHead.objects.filter(topic="till").update, floor=10)
        await deaf_hub.sweeper.sweep()
        await eventually(lambda r=reader: "restart" in r.told)
        assert reader.seqs() == [] and "till" not in deaf_hub.feeds
        deaf_hub.remove(reader)


async def test_a_fill_that_finds_nothing_pruned_keeps_the_feed(deaf_hub: Hub, alice: User) -> None:
    reader = Reader(deaf_hub, alice)
    await reader.join("till")
    feed = deaf_hub.feeds["till"]
    await deaf_hub.fill(feed)
    feed.know_of(3)  # a hint of what isn't committed yet
    await deaf_hub.fill(feed)
    assert deaf_hub.feeds["till"] is feed and reader.told == []


async def test_a_feed_that_is_in_use_no_more_can_lose_track_without_harm(
    deaf_hub: Hub, alice: User, hushed: None
) -> None:
    reader = Reader(deaf_hub, alice)
    await reader.join("till")
    old = deaf_hub.feeds.pop("till")
    another = Reader(deaf_hub, alice)
    await another.join("till")
    deaf_hub._lost_track(old)
    assert (reader.told, another.told) == (["restart"], [])
    assert "till" in deaf_hub.feeds


async def test_once_texts_are_taken_back_they_are_read_from_the_log_anew(
    hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in memory isn't what the log says any more."""
    monkeypatch.setattr(registry, "withdrawing", {"till.corrected"})
    reader = Reader(hub, alice)
    await reader.join("till")
    await write("till", 2)
    await eventually(lambda: hub.feeds["till"].cursor == 2)
    await in_pool(StoredEvent.objects.filter(topic="till").update, data='{"n":"corrected"}')
    await write("till", type="till.corrected")
    await eventually(lambda: reader.seqs() == [1, 2, 3])
    late = Reader(hub, alice)
    await late.join("till", since=0)
    await eventually(lambda: late.seqs() == [1, 2, 3])
    assert [frame["data"]["n"] for frame in late.frames] == ["corrected", "corrected", 0]


# --- a room that gets more than can be told one by one ---


async def test_what_gathers_while_a_busy_room_rests_comes_in_order_to_all_who_were_there(
    hub: Hub, alice: User, bob: User
) -> None:
    stays, leaves, comes = Reader(hub, alice), Reader(hub, alice), Reader(hub, bob)
    await stays.join("till")
    granted = await leaves.join("till")
    feed = hub.feeds["till"]
    feed.resting_until = time.monotonic() + 0.2
    await write("till", 2)
    await eventually(lambda: feed.is_waiting)
    assert stays.seqs() == []
    hub.unsubscribe(granted.subscription)
    await comes.join("till", since=0)
    await write("till")
    await eventually(lambda: stays.seqs() == [1, 2, 3])
    await eventually(lambda: comes.seqs() == [1, 2, 3])
    assert leaves.seqs() in ([], [1, 2])


async def test_more_than_a_write_may_hold_goes_in_several(hub: Hub, alice: User) -> None:
    reader = Reader(hub, alice)
    await reader.join("till")
    feed = hub.feeds["till"]
    feed.resting_until = time.monotonic() + 0.2
    await write("till", 300)
    await eventually(lambda: reader.seqs() == list(range(1, 301)))


async def test_long_texts_that_gather_go_in_several_writes(hub: Hub, alice: User) -> None:
    reader = Reader(hub, alice)
    await reader.join("till")
    feed = hub.feeds["till"]
    feed.resting_until = time.monotonic() + 60
    await write("till", 3, data={"text": "x" * 30_000})
    await eventually(lambda: len(feed.ready) == 3)
    feed.hand_out()
    await eventually(lambda: reader.seqs() == [1, 2, 3])


async def test_a_resting_room_with_nothing_ready_does_not_wait(hub: Hub, alice: User) -> None:
    reader = Reader(hub, alice)
    await reader.join("till")
    hints.set_local_hub(None)
    await write("till", 2)
    first, second = await logged()
    feed = hub.feeds["till"]
    feed.resting_until = time.monotonic() + 0.2
    feed.filling = asyncio.current_task()  # a gap that somebody is about to fill
    hub.accept([second])
    assert (feed.is_waiting, reader.seqs()) == (False, [])
    feed.filling = None
    hub.accept([first])
    await eventually(lambda: reader.seqs() == [1, 2])


@pytest.mark.usefixtures("_database_threads")
def test_a_hub_whose_event_loop_has_ended_without_it_stops_no_writer(alice: User) -> None:
    async def begin() -> None:
        await Hub().start()

    for write_something in (
        lambda: realtime.send_to_user(alice, "till.opened", {}),
        lambda: realtime.disconnect(alice),
    ):
        asyncio.run(begin())
        assert hints.local_hub() is not None
        write_something()
        assert hints.local_hub() is None
    draining.attach(None)
