"""Who comes back gets what was missed, exactly, at a reader's pace and at the cost of one query for many."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models.signals import pre_delete

from realtime import access_control, replay
from realtime.db import in_pool
from realtime.dialects.envelope import envelope
from realtime.hub import Hub
from realtime.log import reading
from realtime.log.access import record_access_change
from realtime.log.pruning import prune_events
from realtime.log.record import Draft, record_many
from realtime.models import StoredEvent, TopicHead
from realtime.monitoring.metrics import metrics
from realtime.places import Request
from realtime.registry import registry, topic
from realtime.replay import Pages
from realtime.tests.hub.conftest import Reader, close_pool, eventually, write

pytestmark = pytest.mark.django_db(transaction=True)


async def write_many(count: int, *, topic: str = "till", text: str = "") -> None:
    """Records events in one transaction."""
    drafts = [Draft(topic, "till.opened", {"n": n, "text": text}) for n in range(count)]
    await in_pool(record_many, drafts)


async def forgetful(hub: Hub) -> None:
    """Closes the topics, so that nothing of them is in memory."""
    await hub.places.close_unused(idle=-1)
    hub.replays.pages.forget(older_than=0)


@pytest.mark.parametrize("since", [0, 3, 5])
async def test_what_was_missed_is_replayed_and_then_it_is_live(
    hub: Hub, alice: User, since: int
) -> None:
    await write("till", 5)
    reader = Reader(hub, alice)
    granted = await reader.join("till", since=since, epoch=hub.epoch)
    assert (granted.seq, granted.resumed) == (5, True)
    await write("till")
    await eventually(lambda: reader.seqs() == list(range(since + 1, 7)))


async def test_a_since_in_the_future_of_this_process_makes_it_look_again(
    deaf_hub: Hub, alice: User
) -> None:
    await Reader(deaf_hub, alice).join("till")
    await write("till", 3)
    reader = Reader(deaf_hub, alice)
    assert (await reader.join("till", since=3)).resumed is True


async def test_what_waits_for_a_change_of_access_is_waited_for_too(
    deaf_hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has told of an event that this one holds back until it has acted on a change."""
    first, second = Reader(deaf_hub, alice), Reader(deaf_hub, alice)
    await first.join("till")
    await in_pool(record_access_change, "topic:nobody-listens")
    await write("till")
    look, settle, may_look = access_control.access_changes_after, deaf_hub.access.settle, Event()

    def look_late(number: int) -> Any:
        may_look.wait(1)
        return look(number)

    async def settle_now() -> None:
        may_look.set()
        await settle()

    monkeypatch.setattr(access_control, "access_changes_after", look_late)
    monkeypatch.setattr(deaf_hub.access, "settle", settle_now)
    granted = await second.join("till", since=1, epoch=deaf_hub.epoch)
    assert (granted.resumed, granted.seq) == (True, 1)
    assert second.seqs() == []


@pytest.mark.parametrize(("since", "epoch"), [(6, None), (10**18, None), (3, "another")])
async def test_who_comes_from_elsewhere_is_told_to_load_anew(
    hub: Hub, alice: User, since: int, epoch: str | None
) -> None:
    await write("till", 5)
    reader = Reader(hub, alice)
    granted = await reader.join("till", since=since, epoch=epoch)
    assert (granted.seq, granted.resumed) == (5, False)
    await write("till")
    await eventually(lambda: reader.seqs() == [6])


async def test_a_topic_that_only_those_hear_who_are_here_is_not_resumed(
    hub: Hub, alice: User
) -> None:
    kind = topic("fitting", authorize=lambda user: True, resumable=False)
    try:
        await write("fitting", 5)
        for since in (3, 5):
            reader = Reader(hub, alice)
            granted = await reader.join("fitting", since=since, epoch=hub.epoch)
            assert (granted.seq, granted.resumed) == (5, False)
        await write("fitting")
        await eventually(lambda: reader.seqs("fitting") == [6])
    finally:
        registry.forget_kind(kind)


async def test_below_what_is_kept_there_is_no_resume_and_at_its_edge_there_is(
    hub: Hub, alice: User
) -> None:
    await write("till", 10)
    await in_pool(lambda: prune_events(days=30, keep=4))
    assert (await Reader(hub, alice).join("till", since=5)).resumed is False
    reader = Reader(hub, alice)
    assert (await reader.join("till", since=6)).resumed is True
    await eventually(lambda: reader.seqs() == [7, 8, 9, 10])


async def test_what_is_in_memory_needs_no_query(hub: Hub, alice: User) -> None:
    await Reader(hub, alice).join("till")
    await write("till", 5)
    await eventually(lambda: hub.feeds["till"].cursor == 5)
    pages = metrics.pages_read
    reader = Reader(hub, alice)
    await reader.join("till", since=2)
    await eventually(lambda: reader.seqs() == [3, 4, 5])
    assert metrics.pages_read == pages


async def test_a_crowd_that_comes_back_costs_one_query_for_each_page(hub: Hub, alice: User) -> None:
    await write_many(1_300)
    pages = metrics.pages_read
    crowd = [Reader(hub, alice) for _ in range(30)]
    await asyncio.gather(*(reader.join("till", since=n) for n, reader in enumerate(crowd)))
    await eventually(lambda: all(reader.seqs()[-1:] == [1_300] for reader in crowd))
    assert all(reader.seqs() == list(range(n + 1, 1_301)) for n, reader in enumerate(crowd))
    assert metrics.pages_read - pages <= 6  # three, read again at most once for what was too early


async def test_ten_thousand_events_cost_a_query_for_each_five_hundred(
    hub: Hub, alice: User
) -> None:
    await write_many(10_000)
    pages = metrics.pages_read
    reader = Reader(hub, alice)
    await reader.join("till", since=0)
    await eventually(lambda: len(reader.seqs()) == 10_000, seconds=60)
    assert reader.seqs() == list(range(1, 10_001))
    assert metrics.pages_read - pages == 10_000 // 500 + 1


async def test_a_replay_keeps_to_the_readers_pace_and_nothing_is_cut(hub: Hub, alice: User) -> None:
    await write_many(400, text="x" * 2_000)
    slow = Reader(hub, alice, limit=100_000)
    slow.may_take.clear()
    await slow.join("till", since=0)
    await eventually(lambda: slow.outbox.unsent > 60_000)
    assert slow.outbox.is_open and slow.outbox.unsent < 100_000
    slow.may_take.set()
    await eventually(lambda: slow.seqs() == list(range(1, 401)))


async def test_what_is_recorded_during_a_replay_follows_it(hub: Hub, alice: User) -> None:
    await write_many(400, text="x" * 2_000)
    slow = Reader(hub, alice)
    slow.may_take.clear()
    await slow.join("till", since=0)
    await write("till", 5)
    await eventually(lambda: hub.feeds["till"].cursor == 405)
    slow.may_take.set()
    await eventually(lambda: slow.seqs() == list(range(1, 406)))


async def test_who_goes_during_a_replay_ends_it(hub: Hub, alice: User) -> None:
    await write_many(400, text="x" * 2_000)
    slow = Reader(hub, alice)
    slow.may_take.clear()
    granted = await slow.join("till", since=0)
    await eventually(lambda: slow.outbox.unsent > 60_000)
    slow.outbox.end()
    hub.remove(slow)
    await eventually(lambda: not granted.subscription.catching_up)
    assert not granted.subscription.live


async def test_a_filtered_replay_sends_only_what_is_wanted(hub: Hub, alice: User) -> None:
    await write("till", 2)
    await write("till", type="till.closed")
    await write("till")
    await forgetful(hub)
    reader = Reader(hub, alice)
    granted = await reader.join("till", since=0, types={"till.closed"})
    await eventually(lambda: granted.subscription.live)
    assert reader.seqs() == [3]


async def test_a_log_that_is_pruned_under_a_replay_asks_the_reader_back(
    hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write("till", 10)
    await forgetful(hub)
    reader = Reader(hub, alice)
    reach = hub.places._reaches_back

    async def prune_behind_it(*args: Any) -> bool:
        answer = await reach(*args)
        await in_pool(lambda: prune_events(days=30, keep=2))
        return answer

    monkeypatch.setattr(hub.places, "_reaches_back", prune_behind_it)
    await reader.join("till", since=3)
    await eventually(lambda: reader.told == ["restart"])
    assert reader.seqs() == []


async def test_a_replay_that_the_database_interrupts_goes_on(
    hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch, hushed: None
) -> None:
    await write("till", 5)
    await forgetful(hub)
    monkeypatch.setattr(replay, "_RETRY_AFTER", 0.001)
    failures = iter([OSError, OSError])
    read = reading.events_between

    def fail_twice(*args: Any) -> Any:
        if (error := next(failures, None)) is not None:
            raise error
        return read(*args)

    monkeypatch.setattr(reading, "events_between", fail_twice)
    reader = Reader(hub, alice)
    await reader.join("till", since=2)
    await eventually(lambda: reader.seqs() == [3, 4, 5])


async def test_a_replay_goes_no_further_than_what_the_others_have(
    deaf_hub: Hub, alice: User
) -> None:
    """The log may be ahead of the process: what it has not heard of yet comes live."""
    await Reader(deaf_hub, alice).join("till")
    await write("till", 2)
    await deaf_hub.fill(deaf_hub.feeds["till"])
    await write("till", 3)
    deaf_hub.feeds["till"].recent.clear()
    reader = Reader(deaf_hub, alice)
    granted = await reader.join("till", since=0)
    await eventually(lambda: granted.subscription.live)
    assert reader.seqs() == [1, 2]
    await deaf_hub.sweeper.sweep()
    await eventually(lambda: reader.seqs() == [1, 2, 3, 4, 5])


async def test_a_board_is_begun_with_its_last_value(hub: Hub, alice: User) -> None:
    await write("till", 3)
    reader = Reader(hub, alice)
    subscription = (await reader.join("till")).subscription
    hub.unsubscribe(subscription)
    granted = await hub.places.subscribe(reader, Request("till", envelope))
    granted.subscription.step_back()
    hub.begin(granted.subscription)
    await eventually(lambda: reader.seqs() == [3])


# --- the pages ---


async def test_a_page_that_was_read_too_early_is_read_again(hub: Hub) -> None:
    pages = Pages()
    await write("till", 2)
    assert [event.seq for event in await pages.after("till", 0)] == [1, 2]
    await write("till", 2)
    assert [event.seq for event in await pages.after("till", 0)] == [1, 2]
    assert [event.seq for event in await pages.after("till", 2)] == [3, 4]
    assert await pages.after("till", 4) == []
    assert await pages.after("shelf:9", 0) == []


async def test_those_who_come_together_read_a_page_once(hub: Hub) -> None:
    pages = Pages()
    await write("till", 3)
    read = metrics.pages_read
    found = await asyncio.gather(*(pages.after("till", n) for n in (0, 1, 2)))
    assert [[event.seq for event in events] for events in found] == [[1, 2, 3], [2, 3], [3]]
    assert metrics.pages_read == read + 1


async def test_who_comes_while_a_page_is_read_too_early_reads_it_again(hub: Hub) -> None:
    pages = Pages()
    await write("till", 1)
    early = asyncio.create_task(pages.after("till", 0))
    await asyncio.sleep(0)
    await early
    reading_ = asyncio.create_task(pages.after("till", 1))
    await asyncio.sleep(0)
    late = asyncio.create_task(pages.after("till", 1))
    assert (await reading_, await late) == ([], [])


async def test_pages_are_bounded_in_bytes_and_time(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = Pages()
    for n in range(4):
        await write(f"shelf:{n}", data={"text": "x" * 1_000})
    monkeypatch.setattr(replay, "_MOST_BYTES", 2_500)
    for n in range(4):
        await pages.after(f"shelf:{n}", 0)
    assert [topic for topic, _ in pages._pages] == ["shelf:2", "shelf:3"]
    read = metrics.pages_read
    await pages.after("shelf:2", 0)
    assert metrics.pages_read == read
    await pages.after("shelf:0", 0)
    assert [topic for topic, _ in pages._pages] == ["shelf:2", "shelf:0"]
    pages.forget()
    assert len(pages._pages) == 2
    pages.forget(older_than=-1)
    assert (pages._pages, pages._bytes) == ({}, 0)
    await in_pool(StoredEvent.objects.all().delete)
    assert await pages.after("shelf:2", 0) == []


async def test_what_was_read_before_a_topic_was_rewritten_is_read_again(hub: Hub) -> None:
    pages = Pages()
    await write("till", 2)
    await write("shelf:1")
    await pages.after("till", 0)
    await pages.after("shelf:1", 0)
    too_early = asyncio.create_task(pages.after("till", 2))
    await asyncio.sleep(0)
    pages.forget_topic("till")
    await too_early
    assert [topic for topic, _ in pages._pages] == ["shelf:1"]
    read = metrics.pages_read
    assert [event.seq for event in await pages.after("till", 0)] == [1, 2]
    assert metrics.pages_read == read + 1


def test_the_log_can_be_timed_and_is_left_as_it_was(
    transactional_db: None, quiet: None, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        call_command("time_log", events=600, transactions=3)
    finally:
        close_pool()
    told = capsys.readouterr().out
    assert "a resume of 600 events" in told and "2 queries" in told
    assert not StoredEvent.objects.exists()
    assert not any(name.startswith("time-log") for name in registry.kinds)


def test_servers_that_run_while_the_log_is_timed_see_what_comes_after(
    transactional_db: None, quiet: None
) -> None:
    marks: list[int] = []

    def sweep(**_: Any) -> None:
        """As a server does that has seen all that is about to be deleted."""
        marks.append(reading.current_mark())

    pre_delete.connect(sweep, sender=StoredEvent)
    try:
        for _ in range(2):
            call_command("time_log", events=3, transactions=1)
            record_many([Draft("till", "till.opened", {})])
            assert "till" in reading.moved_since(marks[-1]).seqs
    finally:
        pre_delete.disconnect(sweep, sender=StoredEvent)
        close_pool()
    assert TopicHead.objects.filter(topic__startswith="time-log").count() <= 1
