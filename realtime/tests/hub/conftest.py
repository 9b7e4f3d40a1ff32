"""A hub over the real log, and readers in memory whose transport takes everything or nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from threading import Barrier, Event
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connections

import realtime
from realtime import hints
from realtime.auth.identity import Identity
from realtime.db import _pool, in_pool
from realtime.dialects.envelope import envelope
from realtime.feed import Subscription
from realtime.hub import Hub
from realtime.jsontext import load_json
from realtime.outbox import Message, Outbox
from realtime.places import Granted, Request
from realtime.registry import registry
from realtime.tests.capture.models import Job, Shop


def close_pool() -> None:
    """Ends the database threads and their connections: the test database is about to go."""
    pool = _pool()
    together = Barrier(pool._max_workers)

    def close() -> None:
        together.wait()
        connections.close_all()

    for done in [pool.submit(close) for _ in range(pool._max_workers)]:
        done.result()
    pool.shutdown()
    _pool.cache_clear()


@pytest.fixture
def quiet(settings: Any) -> None:
    """Nothing happens by itself: sweeps and rechecks are the test's business."""
    settings.REALTIME = {
        **settings.REALTIME,
        "sweep_interval": 3_600,
        "recheck_interval": 3_600,
        "db_threads": 4,
    }


@pytest.fixture
def _database_threads(transactional_db: None, quiet: None) -> Iterator[None]:
    yield
    close_pool()


@pytest.fixture
async def hub(_database_threads: None) -> AsyncIterator[Hub]:
    """A hub that hears of each commit at once, as that of the process which writes does."""
    hub = Hub()
    await hub.start()
    yield hub
    await hub.stop()


@pytest.fixture
async def deaf_hub(hub: Hub) -> Hub:
    """A hub that no hint reaches: another process writes, and the channel layer is down."""
    hints.set_local_hub(None)
    return hub


@pytest.fixture
def alice(transactional_db: None) -> User:
    return get_user_model().objects.create_user("alice")


@pytest.fixture
def bob(transactional_db: None) -> User:
    return get_user_model().objects.create_user("bob")


@pytest.fixture
def shop(alice: User) -> Shop:
    """Alice works there, and so hears ``shop:<pk>``."""
    shop = Shop.objects.create(name="Corner shop")
    Job.objects.create(shop=shop, user=alice)
    return shop


@pytest.fixture
def hushed(caplog: pytest.LogCaptureFixture) -> None:
    """The log says nothing of the errors that the test makes."""
    caplog.set_level(logging.CRITICAL, "realtime")


class Rule:
    """Who may hear ``gate:<n>``: whoever asks gets the next of ``answers``, errors too, or else yes; once ``may_answer`` is set."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """Who asked, by name."""
        self.answers: list[bool | Exception] = []
        self.may_answer = Event()
        self.may_answer.set()

    def __call__(self, user: User, number: int) -> bool:
        answer = self.answers.pop(0) if self.answers else True
        self.asked.append(user.username)
        assert self.may_answer.wait(30)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def rule() -> Iterator[Rule]:
    rule = Rule()
    kind = realtime.topic("gate:<int:number>", authorize=rule)
    yield rule
    rule.may_answer.set()
    registry.forget_kind(kind)


class Reader:
    """A socket in memory. A `Subscriber` of the hub."""

    def __init__(self, hub: Hub, user: User, *, limit: int = 1_048_576) -> None:
        self.hub = hub
        self.identity = Identity(user, None, None, "token", time.time())
        self.id, self.user_id = uuid4().hex, str(user.pk)
        self.subscriptions: dict[Any, Subscription] = {}
        self.outbox = Outbox(self._take, limit)
        self.frames: list[Any] = []
        self.put_out_of: list[str] = []
        self.told: list[str] = []
        """What else the hub said: ``unauthorized``, ``disconnect``, ``restart``, ``refresh``."""
        self.may_take = asyncio.Event()
        self.may_take.set()
        hub.add(self)

    async def _take(self, message: Message) -> None:
        if not self.may_take.is_set():
            await self.may_take.wait()
        is_text = message["type"] == "websocket.send"
        self.frames.append(load_json(message["text"]) if is_text else message["code"])

    async def join(
        self,
        topic: str,
        *,
        since: int | None = None,
        epoch: str | None = None,
        types: Any = None,
        shape: Any = envelope,
    ) -> Granted:
        granted = await self.hub.places.subscribe(self, Request(topic, shape, since, epoch, types))
        self.hub.begin(granted.subscription)
        return granted

    def seqs(self, topic: str = "till") -> list[int]:
        """The numbers that came, in the order in which they came."""
        frames = [frame for frame in self.frames if isinstance(frame, dict)]
        return [f["seq"] for f in frames if f["room"] == topic and "seq" in f]

    # --- what the hub says ---

    def lost(self, subscription: Subscription) -> None:
        self.subscriptions.pop((subscription.topic, subscription.shape), None)
        self.put_out_of.append(subscription.topic)

    def unauthorized(self) -> None:
        self.told.append("unauthorized")

    def disconnect(self) -> None:
        self.told.append("disconnect")

    def restart(self) -> None:
        self.told.append("restart")

    def refresh(self) -> None:
        self.told.append("refresh")


async def eventually(
    condition: Callable[[], Any], *, seconds: float = 10, state: Callable[[], Any] = str
) -> None:
    """Returns once the condition holds. ``state`` says what to tell if it doesn't."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen {state()}"
        await asyncio.sleep(0.002)


def write(
    topic: str, count: int = 1, *, data: Any = None, type: str = "till.opened"
) -> Awaitable[None]:
    """Records events, each in a transaction of its own, on a database thread."""

    def record() -> None:
        for n in range(count):
            realtime.record(topic, type, {"n": n} if data is None else data)

    return in_pool(record)


def hold_job(shop: Shop, user: User) -> Awaitable[Any]:
    return in_pool(lambda: Job.objects.create(shop=shop, user=user))


def lose_job(shop: Shop, user: User) -> Awaitable[Any]:
    return in_pool(lambda: Job.objects.filter(shop=shop, user=user).delete())
