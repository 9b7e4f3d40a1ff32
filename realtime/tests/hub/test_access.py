"""Who may hear is asked live: nothing that is recorded after a loss reaches the one who lost, live or by replay."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from django.contrib.auth.models import User
from django.db import transaction

import realtime
from realtime import access_control
from realtime.access_control import AccessControl
from realtime.db import in_pool
from realtime.dialects.envelope import envelope
from realtime.errors import Forbidden, Unauthorized
from realtime.feed import Feed
from realtime.hub import Hub
from realtime.log import reading
from realtime.log.access import record_access_change
from realtime.models import AccessChange
from realtime.monitoring.metrics import metrics
from realtime.places import Request
from realtime.rules import current_user, may_hear
from realtime.tests.capture.models import Job, Shop
from realtime.tests.hub.conftest import Reader, eventually, hold_job, lose_job, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def topic(shop: Shop) -> str:
    return f"shop:{shop.pk}"


async def logged(topic: str) -> list[Any]:
    return await in_pool(reading.events_after, topic, 0)


def state_of(feed: Feed) -> Any:
    """What a failure is to be understood by."""
    names = ("cursor", "live", "on_hold", "asked", "catching_up", "ended", "started")
    subscriptions = [{name: getattr(s, name) for name in names} for s in feed.subscriptions()]
    return feed.cursor, feed.known, feed.is_waiting, feed.ready, subscriptions


# --- losing it ---


async def test_who_loses_access_is_put_out_and_others_stay(
    hub: Hub, alice: User, bob: User, shop: Shop, topic: str
) -> None:
    await hold_job(shop, bob)
    hers, his = Reader(hub, alice), Reader(hub, bob)
    for reader in (hers, his):
        await reader.join(topic)
        await reader.join("till")
    start = hub.feeds[topic].cursor
    await lose_job(shop, bob)  # which is itself told in the shop
    await eventually(lambda: his.put_out_of == [topic])
    await write(topic)
    await write("till")
    await eventually(lambda: his.seqs("till") == [1])
    await eventually(
        lambda: hers.seqs(topic) == [start + 1, start + 2],
        state=lambda: (start, hers.frames, hers.told, state_of(hub.feeds[topic])),
    )
    assert his.seqs(topic) == [] and hers.put_out_of == []
    assert "refresh" in his.told


@pytest.mark.parametrize("told_of_the_change", [True, False])
async def test_what_is_recorded_after_a_loss_waits_until_the_loss_is_settled(
    deaf_hub: Hub, bob: User, shop: Shop, topic: str, told_of_the_change: bool
) -> None:
    """Whatever became of the hint about the loss: the event names it."""
    await hold_job(shop, bob)
    his = Reader(deaf_hub, bob)
    start = (await his.join(topic)).seq
    await write(topic)
    await lose_job(shop, bob)
    await write(topic)
    before, *after = (await logged(topic))[start:]
    if told_of_the_change:
        deaf_hub.settle_access_soon()
    deaf_hub.accept(reversed(after))
    deaf_hub.accept([before])
    await eventually(lambda: his.put_out_of == [topic])
    await deaf_hub.sweeper.sweep()
    await deaf_hub.fill(deaf_hub.feeds[topic])
    assert set(his.seqs(topic)) <= {start + 1}


async def test_a_loss_and_an_event_in_one_transaction(
    deaf_hub: Hub, bob: User, shop: Shop, topic: str
) -> None:
    """An event that is committed with the loss isn't heard any more either."""
    await hold_job(shop, bob)
    his = Reader(deaf_hub, bob)
    start = (await his.join(topic)).seq

    def dismiss() -> None:
        with transaction.atomic():
            Job.objects.filter(shop=shop, user=bob).delete()
            realtime.record(topic, "shop.closed", {})

    await in_pool(dismiss)
    deaf_hub.accept((await logged(topic))[start:])
    await eventually(lambda: his.put_out_of == [topic])
    assert his.seqs(topic) == []


async def test_who_lost_access_cannot_replay_either(
    hub: Hub, bob: User, shop: Shop, topic: str
) -> None:
    await hold_job(shop, bob)
    his = Reader(hub, bob)
    granted = await his.join(topic)
    await lose_job(shop, bob)
    with pytest.raises(Forbidden):
        await his.join(topic, since=granted.seq)


async def test_a_loss_during_a_replay_ends_it(
    deaf_hub: Hub, bob: User, shop: Shop, topic: str
) -> None:
    await hold_job(shop, bob)
    await write(topic, 40, data={"text": "x" * 4_000})
    his = Reader(deaf_hub, bob)
    his.may_take.clear()
    await his.join(topic, since=0)
    await eventually(lambda: his.outbox.unsent > 60_000)
    await lose_job(shop, bob)
    deaf_hub.settle_access_soon()
    await eventually(lambda: his.put_out_of == [topic])
    his.may_take.set()
    await eventually(lambda: his.outbox.unsent == 0)
    assert 0 < len(his.seqs(topic)) < 40


async def test_a_replay_meets_a_loss_that_nobody_told_of(
    deaf_hub: Hub, bob: User, shop: Shop, topic: str
) -> None:
    """The process subscribes him just before it can know; the replayed event names the loss."""
    await hold_job(shop, bob)
    await deaf_hub.sweeper.sweep()
    his = Reader(deaf_hub, bob)
    joining = deaf_hub.places._reaches_back
    done = asyncio.Event()

    async def lose_it_then(*args: Any) -> bool:
        if not done.is_set():
            done.set()
            await lose_job(shop, bob)
            await write(topic)
            feed = args[0]
            feed.know_of(2**31)
            feed.cursor = (await in_pool(reading.heads, [topic]))[topic].seq
        return await joining(*args)

    deaf_hub.places._reaches_back = lose_it_then  # type: ignore[method-assign]
    granted = await his.join(topic, since=0)
    await eventually(lambda: his.put_out_of == [topic])
    assert granted.seq not in his.seqs(topic)


async def test_access_that_is_lost_and_won_again_changes_nothing(
    deaf_hub: Hub, bob: User, shop: Shop, topic: str
) -> None:
    await hold_job(shop, bob)
    his = Reader(deaf_hub, bob)
    start = (await his.join(topic)).seq
    await lose_job(shop, bob)
    await hold_job(shop, bob)
    await write(topic)
    await deaf_hub.sweeper.sweep()
    end = (await in_pool(reading.heads, [topic]))[topic].seq
    await eventually(lambda: his.seqs(topic) == list(range(start + 1, end + 1)))
    assert his.put_out_of == []


async def test_what_is_recorded_while_the_question_is_open_is_not_missed(
    hub: Hub, alice: User, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(hub, alice)
    start = (await reader.join(topic)).seq
    (subscription,) = reader.subscriptions.values()
    hub.access.ask_again(reader, [subscription])
    assert subscription.on_hold and not subscription.live
    await write(topic, 2)
    await eventually(lambda: reader.seqs(topic) == [start + 1, start + 2])
    assert subscription.live


async def test_what_has_not_begun_does_not_begin_by_an_answer(
    hub: Hub, alice: User, topic: str
) -> None:
    reader = Reader(hub, alice)
    granted = await hub.places.subscribe(reader, Request(topic, envelope))
    hub.access.ask_again(reader, [granted.subscription])
    await eventually(lambda: reader.told == ["refresh"])
    assert not granted.subscription.live
    hub.begin(granted.subscription)
    assert granted.subscription.live


async def test_between_two_sweeps_a_loss_is_looked_for_where_no_layer_tells_of_it(
    deaf_hub: Hub,
    bob: User,
    shop: Shop,
    topic: str,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    hushed: None,
) -> None:
    def sweep_fails(*args: Any) -> Any:
        raise OSError

    await hold_job(shop, bob)
    his = Reader(deaf_hub, bob)
    await his.join(topic)
    await deaf_hub.sweeper.look_at_access()
    monkeypatch.setattr(reading, "moved_since", sweep_fails)
    settings.REALTIME = {**settings.REALTIME, "sweep_interval": 0.002}
    sweeping = asyncio.create_task(deaf_hub.sweeper._sweep_for_ever())
    await lose_job(shop, bob)
    await eventually(lambda: his.put_out_of == [topic])
    sweeping.cancel()


async def test_with_a_layer_the_sweep_alone_looks(
    deaf_hub: Hub, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> int:
        raise AssertionError("looked for a loss")

    monkeypatch.setattr(deaf_hub.link, "_channel", "specific.channel")
    monkeypatch.setattr(deaf_hub.sweeper, "look_at_access", never)
    monkeypatch.setattr(deaf_hub.link, "leave", _nothing)
    monkeypatch.setattr(deaf_hub.link, "rejoin", _nothing)
    settings.REALTIME = {**settings.REALTIME, "sweep_interval": 0.002}
    swept = metrics.sweeps
    sweeping = asyncio.create_task(deaf_hub.sweeper._sweep_for_ever())
    await eventually(lambda: metrics.sweeps > swept + 2)
    assert not sweeping.done()
    sweeping.cancel()


async def _nothing(*args: Any) -> None:
    pass


# --- scopes ---


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        ("topic:till", ["till"]),
        ("topic:shelf:1", ["shelf:1"]),
        ("kind:shelf", ["shelf:1", "shelf:2"]),
        ("kind:nothing", []),
        ("topic:nobody-listens", []),
        ("user:{alice}", ["shelf:1", "shelf:2", "till"]),
        ("user:999", []),
    ],
)
async def test_a_change_asks_those_within_its_scope(
    hub: Hub, alice: User, scope: str, asked: list[str]
) -> None:
    reader = Reader(hub, alice)
    for topic in ("till", "shelf:1", "shelf:2"):
        await reader.join(topic)
    await in_pool(record_access_change, scope.format(alice=alice.pk))
    await hub.access.settle()
    questioned = sorted(s.topic for s in reader.subscriptions.values() if s.asked)
    assert questioned == asked
    await eventually(lambda: all(s.live for s in reader.subscriptions.values()))


async def test_a_login_that_has_ended_closes_its_sockets(hub: Hub, alice: User) -> None:
    of_this, of_another = Reader(hub, alice), Reader(hub, alice)
    of_this.identity = replace(of_this.identity, sid="this")
    of_another.identity = replace(of_another.identity, sid="another")
    await in_pool(record_access_change, "login:this")
    await hub.access.settle()
    assert (of_this.told, of_another.told) == (["unauthorized"], [])


async def test_a_user_who_is_to_be_disconnected_is(hub: Hub, alice: User, bob: User) -> None:
    hers, his = Reader(hub, alice), Reader(hub, bob)
    await in_pool(record_access_change, f"close:{alice.pk}", "close:999")
    await hub.access.settle()
    assert (hers.told, his.told) == (["disconnect"], [])


async def test_one_socket_that_is_to_be_disconnected_is_and_the_users_others_stay(
    hub: Hub, alice: User
) -> None:
    one, another = Reader(hub, alice), Reader(hub, alice)
    await in_pool(record_access_change, f"socket:{one.id}", "socket:nobody")
    await hub.access.settle()
    assert (one.told, another.told) == (["disconnect"], [])


async def test_a_user_who_is_deactivated_is_told_and_stays_on_hold(hub: Hub, alice: User) -> None:
    reader = Reader(hub, alice)
    await reader.join("till")
    await in_pool(User.objects.filter(pk=alice.pk).update, is_active=False)
    await in_pool(record_access_change, f"user:{alice.pk}")
    await eventually(lambda: "unauthorized" in reader.told)
    await write("till")
    await eventually(lambda: hub.feeds["till"].cursor == 1)
    assert reader.frames == []


async def test_a_process_that_missed_pruned_changes_asks_everybody(
    deaf_hub: Hub, bob: User, shop: Shop, topic: str
) -> None:
    await hold_job(shop, bob)
    his = Reader(deaf_hub, bob)
    await his.join(topic)
    await lose_job(shop, bob)
    await in_pool(record_access_change, "topic:till")
    await in_pool(AccessChange.objects.filter(scope=f"user:{bob.pk}").delete)
    await deaf_hub.sweeper.sweep()
    await eventually(lambda: his.put_out_of == [topic])


# --- held events ---


async def test_an_event_that_names_a_change_which_never_comes_is_given_up(
    deaf_hub: Hub, alice: User, monkeypatch: pytest.MonkeyPatch, hushed: None
) -> None:
    monkeypatch.setattr(access_control, "_MOST_LOOKS", 2)
    reader = Reader(deaf_hub, alice)
    await reader.join("till")
    await write("till")
    (event,) = await logged("till")
    deaf_hub.accept([msgspec.structs.replace(event, access=99)])
    await deaf_hub.access.settle()
    assert deaf_hub.access._held == [] and reader.frames == []
    await deaf_hub.sweeper.sweep()
    await eventually(lambda: reader.seqs() == [1])


async def test_changes_that_come_while_others_are_settled_are_settled_too(
    deaf_hub: Hub, alice: User
) -> None:
    await in_pool(record_access_change, "topic:till")
    deaf_hub.access.settle_soon()
    await in_pool(record_access_change, "topic:till")
    deaf_hub.access.settle_soon()
    await eventually(lambda: deaf_hub.access.settled >= 2)


# --- the rules ---


async def test_a_user_who_was_just_read_is_not_read_again(hub: Hub, alice: User) -> None:
    identity = Reader(hub, alice).identity
    ask = AccessControl.allowed
    assert await in_pool(lambda: ask(identity, ["till", "nowhere"], is_fresh=True)) == ["till"]
    await in_pool(User.objects.filter(pk=alice.pk).delete)
    assert await in_pool(lambda: ask(identity, ["till"], is_fresh=True)) == ["till"]
    with pytest.raises(Unauthorized):
        await in_pool(lambda: ask(identity, ["till"]))
    with pytest.raises(Unauthorized):
        await in_pool(current_user, identity)


def test_a_topic_of_no_kind_is_heard_by_nobody(alice: User) -> None:
    assert not may_hear(alice, "nowhere") and may_hear(alice, "till")
