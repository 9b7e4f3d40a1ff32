"""Session, hub and feeds through anything that can happen, in any order; a history checker says whether readers were told the truth.

The writers are elsewhere: no hint reaches this process but those that the machine hands it, which come early, late, twice, in any
order or not at all. Two people come, go, stall, and win and lose their jobs in two shops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import realtime
from realtime import hints
from realtime.access_control import AccessControl
from realtime.db import in_pool
from realtime.dialects.envelope import envelope
from realtime.events import Event
from realtime.feed import Feed
from realtime.hub import Hub
from realtime.jsontext import load_json
from realtime.log import reading
from realtime.process import Process
from realtime.tests.capture.models import Job, Shop
from realtime.tests.hub.clients import Client
from realtime.tests.hub.conftest import close_pool, eventually
from tests.faults.history import Fault, History

_names = count()

PEOPLE = st.integers(0, 1)
SHOPS = st.integers(0, 1)

pytestmark = pytest.mark.django_db(transaction=True)


class Machine(RuleBasedStateMachine):
    found: ClassVar[set[Fault]]
    """What the checker found wrong, in all runs."""

    def __init__(self) -> None:
        super().__init__()
        number = next(_names)
        self.loop = asyncio.new_event_loop()
        self.users = [User.objects.create(username=f"{name}{number}") for name in ("ann", "ben")]
        self.shops = [Shop.objects.create(name=str(n)) for n in range(2)]
        self.rooms = [f"shop:{shop.pk}" for shop in self.shops]
        for shop in self.shops:
            Job.objects.bulk_create([Job(shop=shop, user=user) for user in self.users])
        self.history = History()
        self.lost_at: dict[tuple[str, str], int] = {}
        """Where a room stood when somebody lost the right to it."""
        self.run(self._start())

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def _start(self) -> None:
        self.process = Process()
        self.hub = self.process.hub
        await self.hub.start()
        await self.process.registry.start()
        hints.set_local_hub(None)
        self.clients = [Client(self.process, self.history, user, self.rooms) for user in self.users]
        for client in self.clients:
            await client.connect()
            for room in self.rooms:
                await client.join(room)

    # --- what happens elsewhere ---

    @rule(shop=SHOPS, times=st.integers(1, 3))
    def write(self, shop: int, times: int) -> None:
        def record() -> None:
            for n in range(times):
                realtime.record(self.rooms[shop], "shop.noted", {"n": n})

        self.run(in_pool(record))

    @rule(person=PEOPLE, shop=SHOPS, then=st.sampled_from(["nothing", "write", "write and hint"]))
    def dismiss(self, person: int, shop: int, then: str) -> None:
        user, room = self.users[person], self.rooms[shop]

        def lose() -> tuple[int, list[Event]]:
            before = reading.heads([room])[room].seq
            Job.objects.filter(user=user, shop=self.shops[shop]).delete()
            if then != "nothing":
                realtime.record(room, "shop.noted", {"secret": True})
            return before, reading.events_after(room, before)

        before, written = self.run(in_pool(lose))
        self.lost_at.setdefault((user.username, room), before)
        if then == "write and hint":
            # As the writer's process tells it: the event at once, and of the change this process learns by the event alone.
            self.hub.accept_soon(written)

    @rule(person=PEOPLE, shop=SHOPS)
    def hire(self, person: int, shop: int) -> None:
        user, room = self.users[person], self.rooms[shop]
        if self.lost_at.get((user.username, room)) is not None:
            self.run(in_pool(lambda: Job.objects.create(shop=self.shops[shop], user=user)))
            del self.lost_at[user.username, room]

    # --- what this process hears of it ---

    @rule(shop=SHOPS, which=st.lists(st.integers(0, 30), min_size=1, max_size=6))
    def hint(self, shop: int, which: list[int]) -> None:
        """Events of the log, the last one being number 0, in any order, some of them twice."""
        events = self.run(in_pool(reading.events_after, self.rooms[shop], 0))
        if events:
            self.hub.accept_soon([events[-1 - n % len(events)] for n in which])

    @rule()
    def hint_at_access(self) -> None:
        self.hub.settle_access_soon()

    @rule()
    def sweep(self) -> None:
        self.run(self.hub.sweeper.sweep())

    @rule(turns=st.integers(1, 30))
    def let_it_work(self, turns: int) -> None:
        async def wait() -> None:
            for _ in range(turns):
                await asyncio.sleep(0.0001)

        self.run(wait())

    @rule(shop=SHOPS)
    def forget_what_is_in_memory(self, shop: int) -> None:
        self.loop.call_soon(lambda: self.hub.replays.pages.forget(older_than=0))
        if (feed := self.hub.feeds.get(self.rooms[shop])) is not None:
            feed.recent.clear()

    # --- clients ---

    @rule(person=PEOPLE)
    def break_off(self, person: int) -> None:
        if self.clients[person].is_connected:
            self.run(self.clients[person].disconnect())

    @rule(person=PEOPLE)
    def come_back(self, person: int) -> None:
        self.run(self._bring_back(self.clients[person]))

    async def _bring_back(self, client: Client) -> None:
        if not client.is_connected:
            await client.connect()
        for room in self.rooms:
            if room not in client.joined:
                await client.join(room)

    @rule(person=PEOPLE, shop=SHOPS)
    def leave(self, person: int, shop: int) -> None:
        client, room = self.clients[person], self.rooms[shop]
        if room in client.joined:
            self.run(client.leave(room))

    @rule(person=PEOPLE)
    def stall(self, person: int) -> None:
        self.clients[person].stall()

    @rule(person=PEOPLE)
    def go_on(self, person: int) -> None:
        self.clients[person].go_on()

    # --- the truth ---

    @invariant()
    def nobody_hears_what_was_recorded_after_a_loss(self) -> None:
        for (name, room), before in self.lost_at.items():
            if self.history.last(name, room) > before:
                self.found.add(Fault.LEAKED)

    def teardown(self) -> None:
        try:
            self.run(self._settle())
            for (name, room), before in self.lost_at.items():
                self.history.withdrawn(name, room, after=before)
            violations = self.history.violations()
            self.found.update(violation.fault for violation in violations)
        finally:
            self.run(self._stop())
            self.loop.close()

    async def _settle(self) -> None:
        """Everybody comes back, and the process hears of everything."""
        heads = await in_pool(reading.heads, self.rooms)
        for client in self.clients:
            client.go_on()
        for _ in range(3):
            for client in self.clients:
                await self._bring_back(client)
            await self.hub.sweeper.sweep()
            await eventually(lambda: self._is_up_to_date(heads))
            if self._all_are_back():
                break  # else somebody was put out by an answer to what was asked before they were hired again

        for room in self.rooms:
            events = await in_pool(reading.events_after, room, 0)
            self.history.log(room, [self._frame(event) for event in events])

    def _all_are_back(self) -> bool:
        return all(
            room in client.joined or (client.name, room) in self.lost_at
            for client in self.clients
            for room in self.rooms
        )

    def _is_up_to_date(self, heads: dict[str, reading.Head]) -> bool:
        feeds = [self.hub.feeds.get(room) for room in self.rooms]
        reached = all(
            feed is None or (feed.cursor >= heads[feed.topic].seq and not feed.ready)
            for feed in feeds
        )
        return reached and all(client.has_everything() for client in self.clients)

    @staticmethod
    def _frame(event: Event) -> dict[str, Any]:

        frame: dict[str, Any] = load_json(envelope(event))
        return frame

    async def _stop(self) -> None:
        for client in self.clients:
            if client.is_connected:
                await client.disconnect()
        await self.process.registry.stop()
        await self.hub.stop()


@pytest.fixture
def run_machine(transactional_db: None, settings: Any) -> Iterator[Callable[[int], set[Fault]]]:
    """Runs the machine so many times; returns what the checker found wrong."""
    settings.REALTIME = {
        **settings.REALTIME,
        "sweep_interval": 3_600,
        "recheck_interval": 3_600,
        "db_threads": 4,
        "max_connections_per_user": 0,
    }
    yield _run
    close_pool()


def _run(examples: int) -> set[Fault]:
    Machine.found = set()
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    return Machine.found


def test_whatever_happens_readers_are_told_the_truth(
    run_machine: Callable[[int], set[Fault]],
) -> None:
    assert run_machine(40) == set()


# --- would it be seen? ---


@contextmanager
def replaced(owner: Any, name: str, other: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, other)
        yield


def _dropping() -> Any:
    deliver = Hub._deliver

    def drop_some(hub: Hub, feed: Feed, events: list[Event]) -> None:
        deliver(hub, feed, [event for event in events if (event.seq or 0) % 3])

    return replaced(Hub, "_deliver", drop_some)


def _repeating() -> Any:
    deliver = Hub._deliver

    def deliver_some_twice(hub: Hub, feed: Feed, events: list[Event]) -> None:
        deliver(hub, feed, events)
        deliver(hub, feed, [event for event in events if (event.seq or 0) % 3 == 0])

    return replaced(Hub, "_deliver", deliver_some_twice)


def _reordering() -> Any:
    def hand_on_as_it_comes(feed: Feed, event: Event) -> Iterator[Event]:
        yield event
        feed.cursor = max(feed.cursor, event.seq or 0)
        feed.know_of(feed.cursor)

    return replaced(Feed, "offer", hand_on_as_it_comes)


def _leaking() -> Any:
    """Access changes are settled when a hint or the sweep tells of them; events don't wait for that."""
    return replaced(AccessControl, "must_settle_before", lambda control, event: False)


@pytest.mark.parametrize(
    ("faulty", "seen"),
    [
        (_dropping, Fault.LOST),
        (_repeating, Fault.REPEATED),
        (_reordering, Fault.LOST),
        (_leaking, Fault.LEAKED),
    ],
    ids=["drop", "repeat", "reorder", "leak"],
)
def test_a_fault_put_in_is_found(
    run_machine: Callable[[int], set[Fault]], faulty: Callable[[], Any], seen: Fault
) -> None:
    with faulty():
        assert any(seen in run_machine(15) for _ in range(10))
