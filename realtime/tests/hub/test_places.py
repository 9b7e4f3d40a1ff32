"""Taking places in topics: feeds are opened once, kept while somebody is there, and closed after a while."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.contrib.auth.models import User

import realtime
from realtime import hints
from realtime.dialects.classic import topic_event
from realtime.dialects.envelope import envelope
from realtime.errors import Forbidden
from realtime.events import Event
from realtime.hub import Hub
from realtime.log import reading
from realtime.log.epoch import begin_new_epoch
from realtime.places import Request
from realtime.tests.capture.models import Shop
from realtime.tests.hub.conftest import Reader, eventually, write

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_room_that_is_forbidden_and_one_that_does_not_exist_are_refused_alike(
    hub: Hub, bob: User, shop: Shop
) -> None:
    reader = Reader(hub, bob)
    for topic in (f"shop:{shop.pk}", "shop:999", "nowhere", "till\n"):
        with pytest.raises(Forbidden):
            await reader.join(topic)
    assert reader.subscriptions == {} and hub.feeds == {}


async def test_several_topics_are_asked_for_at_once(hub: Hub, alice: User, shop: Shop) -> None:
    reader = Reader(hub, alice)
    names = ["till", "nowhere", f"shop:{shop.pk}", "till"]
    granted = await hub.places.subscribe_all(reader, [Request(name, topic_event) for name in names])
    assert [one is not None for one in granted] == [True, False, True, True]


async def test_who_comes_together_opens_a_topic_once(hub: Hub, alice: User) -> None:
    readers = [Reader(hub, alice) for _ in range(20)]
    await asyncio.gather(*(reader.join("till") for reader in readers))
    assert len(hub.feeds["till"].subscriptions()) == 20
    await write("till")
    await eventually(lambda: all(reader.seqs() == [1] for reader in readers))


async def test_who_subscribes_again_takes_the_place_that_they_have(hub: Hub, alice: User) -> None:
    reader = Reader(hub, alice)
    first = await reader.join("till")
    again = await reader.join("till")
    await reader.join("till", shape=topic_event)
    hub.unsubscribe(first.subscription)  # it has ended, and leaves what came after it alone
    assert first.subscription.ended and reader.subscriptions["till", envelope] is again.subscription
    await write("till")
    await eventually(lambda: len(reader.frames) == 2)
    assert len(hub.feeds["till"].subscriptions()) == 2
    hub.remove(reader)
    assert not hub.feeds["till"].is_heard() and reader.subscriptions == {}


@pytest.mark.parametrize("told_by", ["the event", "a number", "the sweep"])
async def test_what_is_told_while_a_topic_is_opened_is_not_missed(
    deaf_hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch, told_by: str
) -> None:
    """The head was read before the event was there."""
    heads, hub = reading.heads, deaf_hub
    recorded: list[Event] = []

    async def tell() -> None:
        if told_by == "the event":
            hub.accept(recorded)
        elif told_by == "a number":
            hub.link._take({"type": hints.MESSAGE_TYPE, "from": "another", "moved": {"till": 1}})
        else:
            await hub.sweeper.sweep()

    def heads_before_an_event(topics: list[str]) -> dict[str, reading.Head]:
        found = heads(topics)
        if not recorded:
            realtime.record("till", "till.opened", {})
            recorded.extend(reading.events_after("till", 0))
            asyncio.run_coroutine_threadsafe(tell(), hub.loop).result(10)
        return found

    monkeypatch.setattr(reading, "heads", heads_before_an_event)
    reader = Reader(hub, alice)
    granted = await reader.join("till")
    assert granted.seq == 0
    await eventually(lambda: reader.seqs() == [1])
    assert hub.places._known == {}


async def test_what_is_told_of_an_old_log_while_a_topic_is_opened_means_nothing_in_the_new_one(
    deaf_hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads, hub = reading.heads, deaf_hub
    reads: list[int] = []

    async def tell_then_sweep() -> None:
        hub.know_of("till", 99)
        await hub.sweeper.sweep()

    def heads_across_epochs(topics: list[str]) -> dict[str, reading.Head]:
        found = heads(topics)
        reads.append(1)
        if len(reads) == 1:
            begin_new_epoch()
            asyncio.run_coroutine_threadsafe(tell_then_sweep(), hub.loop).result(10)
        return found

    monkeypatch.setattr(reading, "heads", heads_across_epochs)
    await Reader(hub, alice).join("till")
    assert len(reads) == 2 and not hub.feeds["till"].is_behind()


async def test_a_socket_that_goes_while_it_subscribes_leaves_nothing_behind(
    hub: Hub, alice: User
) -> None:
    reader = Reader(hub, alice)
    joining = asyncio.create_task(reader.join("till"))
    await asyncio.sleep(0)
    hub.remove(reader)
    granted = await joining
    assert granted.subscription.ended and not hub.feeds["till"].is_heard()
    assert hub.subscribers == {}


async def test_who_leaves_hears_nothing_more_and_the_rest_of_the_users_sockets_do(
    hub: Hub, alice: User
) -> None:
    gone, stays = Reader(hub, alice), Reader(hub, alice)
    await gone.join("till")
    await stays.join("till")
    hub.remove(gone)
    hub.remove(gone)
    await write("till")
    await eventually(lambda: stays.seqs() == [1])
    assert gone.frames == [] and hub.everyone() == [stays]


async def test_topics_that_nobody_listens_to_are_forgotten_after_a_while(
    hub: Hub, alice: User
) -> None:
    watched: list[tuple[str, str]] = []

    class Watcher:
        async def opened(self, topic: str) -> None:
            watched.append(("opened", topic))

        def closed(self, topic: str) -> None:
            watched.append(("closed", topic))

    hub.places.watcher = Watcher()
    reader = Reader(hub, alice)
    for topic in ("till", "window", "shelf:1"):
        await reader.join(topic)
    for subscription in list(reader.subscriptions.values()):
        if subscription.topic != "shelf:1":
            hub.unsubscribe(subscription)
    await hub.places.close_unused(idle=60)
    assert set(hub.feeds) == {"till", "window", "shelf:1"}
    hub.feeds["window"].empty_since = hub.loop.time() - 6  # nothing is kept there
    await hub.places.close_unused(idle=60)
    assert set(hub.feeds) == {"till", "shelf:1"}
    await hub.places.close_unused(idle=-1)
    assert set(hub.feeds) == {"shelf:1"}
    assert [topic for what, topic in watched if what == "closed"] == ["window", "till"]
    hub.places.watcher = None
    hub.feeds["shelf:1"].empty_since = 0
    await hub.places.close_unused(idle=-1)
    assert hub.feeds == {}


async def test_a_topic_is_among_those_of_the_sweep_before_its_head_is_read(
    hub: Hub, alice: User
) -> None:
    """Else what moves between the two could be passed over."""
    known: list[set[str]] = []

    class Watcher:
        async def opened(self, topic: str) -> None:
            known.append(hub.places.topics())

        def closed(self, topic: str) -> None: ...

    hub.places.watcher = Watcher()
    reader = Reader(hub, alice)
    await reader.join("till")
    await reader.join("shelf:1")
    assert known == [{"till"}, {"till", "shelf:1"}]


async def test_a_topic_that_is_forgotten_while_somebody_subscribes_is_opened_again(
    hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(hub, alice)
    await reader.join("till")
    reach = hub.places._reaches_back

    async def forget_then_reach(*args: Any) -> bool:
        monkeypatch.setattr(hub.places, "_reaches_back", reach)
        del hub.feeds["till"]
        return await reach(*args)

    monkeypatch.setattr(hub.places, "_reaches_back", forget_then_reach)
    late = Reader(hub, alice)
    await late.join("till")
    await write("till")
    await eventually(lambda: late.seqs() == [1])


async def test_heads_that_are_read_across_a_new_epoch_are_read_again(
    hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = reading.heads
    reads = []

    def heads_of_the_old_log(topics: list[str]) -> dict[str, reading.Head]:
        reads.append(topics)
        if len(reads) == 1:
            hub.epoch = "the new one"
            return {topic: reading.Head(99, 0) for topic in topics}
        return heads(topics)

    monkeypatch.setattr(reading, "heads", heads_of_the_old_log)
    granted = await Reader(hub, alice).join("till")
    assert (granted.seq, granted.epoch) == (0, "the new one")


async def test_housekeeping_is_done_once_at_a_time(hub: Hub, alice: User) -> None:
    hub.tidy_soon()
    tidying = hub._tidying
    hub.tidy_soon()
    assert hub._tidying is tidying
    await eventually(lambda: hub._tidying is None)
