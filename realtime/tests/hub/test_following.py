"""What a socket of ``/ws`` hears without asking comes and goes with its user's rights: each topic once, whatever happens at the same time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

import realtime
from realtime import implied
from realtime.auth.identity import Identity
from realtime.connection import Connection
from realtime.db import in_pool
from realtime.dialects.classic import ClassicDialect
from realtime.jsontext import load_json
from realtime.log.access import record_access_change
from realtime.process import Process
from realtime.registry import registry
from realtime.tests.hub.conftest import eventually, write

pytestmark = pytest.mark.django_db(transaction=True)


class Rights:
    """What everybody hears without asking: ``topics``, as they are when somebody looks. Looks end once ``may_end`` is set."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.failures: list[Exception] = []
        self.looks = 0
        self.may_end = Event()
        self.may_end.set()

    def __call__(self, user: User) -> list[str]:
        topics = list(self.topics)
        failure = self.failures.pop(0) if self.failures else None
        self.looks += 1
        assert self.may_end.wait(30)
        if failure is not None:
            raise failure
        return topics


class Socket:
    """One on ``/ws``, in memory."""

    def __init__(self, process: Process, user: User) -> None:
        self.frames: list[Any] = []
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})
        identity = Identity(user, None, None, "token", time.time())
        scope = {"type": "websocket", "path": "/ws", "headers": [], "identity": identity}
        self.connection = Connection(scope, self._incoming.get, self._take, ClassicDialect, process)
        self._running = asyncio.create_task(self.connection.run())

    async def _take(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            self.frames.append(load_json(message["text"]))
        else:
            self.frames.append(message["code"] if kind == "websocket.close" else kind)

    async def opened(self) -> Socket:
        await eventually(lambda: self.frames == ["websocket.accept"])
        await eventually(lambda: not self.connection.is_looking)
        self.frames.clear()
        return self

    def hears(self) -> set[str]:
        return {topic for topic, _ in self.connection.subscriptions} - {self._push}

    @property
    def _push(self) -> str:
        return f"push:{self.connection.user_id}"

    def types(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    async def close(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self._running


@pytest.fixture
def rights(monkeypatch: pytest.MonkeyPatch) -> Rights:
    rights = Rights()
    monkeypatch.setattr(registry, "personal", [rights])
    return rights


@pytest.fixture
async def process(_database_threads: None) -> AsyncIterator[Process]:
    process = Process()
    await process.hub.start()
    await process.registry.start()
    yield process
    await process.registry.stop()
    await process.hub.stop()


def listeners(process: Process, topic: str) -> int:
    feed = process.hub.feeds.get(topic)
    return len(feed.subscriptions()) if feed is not None else 0


async def ring(topic: str) -> None:
    """An event that `ClassicDialect` tells without being asked."""
    await write(topic, type="user.online", data={"user_id": "9"})


async def change(user: User) -> None:
    await in_pool(record_access_change, f"user:{user.pk}")


# --- while it is open ---


async def test_changes_that_come_at_once_subscribe_once(
    process: Process, alice: User, rights: Rights
) -> None:
    socket = await Socket(process, alice).opened()
    rights.topics, looks = ["shelf:1"], rights.looks
    rights.may_end.clear()
    for _ in range(5):
        socket.connection.refresh()
    await eventually(lambda: rights.looks > looks)
    rights.topics = ["shelf:1", "shelf:2"]  # known to no look that is under way
    socket.connection.refresh()
    rights.may_end.set()
    await eventually(lambda: socket.hears() == {"shelf:1", "shelf:2"})
    await eventually(lambda: not socket.connection.is_looking)
    assert (listeners(process, "shelf:1"), rights.looks) == (1, looks + 2)
    for topic in ("shelf:1", "shelf:2"):
        await ring(topic)
    await eventually(lambda: socket.types() == ["user.online"] * 2)
    await socket.close()


async def test_once_the_rights_are_gone_nothing_is_heard_any_more(
    process: Process, alice: User, rights: Rights
) -> None:
    rights.topics = ["shelf:1", "shelf:2", "till"]
    socket = await Socket(process, alice).opened()
    rights.topics = ["till"]
    for _ in range(3):
        await change(alice)
    await eventually(lambda: socket.hears() == {"till"})
    for topic in ("shelf:1", "shelf:2", "till"):
        await ring(topic)
    await eventually(lambda: socket.types() == ["user.online"])
    assert not process.hub.feeds["shelf:1"].is_heard()
    await socket.close()


async def test_who_becomes_staff_hears_what_is_for_the_staff(process: Process, bob: User) -> None:
    socket = await Socket(process, bob).opened()
    assert "staff" not in socket.hears()
    stored = await in_pool(User.objects.get, pk=bob.pk)
    stored.is_staff = True
    await in_pool(stored.save)
    await eventually(lambda: "staff" in socket.hears())
    await in_pool(realtime.send_to_staff, "user.online", {"user_id": "9"})
    await eventually(lambda: socket.types() == ["user.online"])
    stored.is_staff = False
    await in_pool(stored.save)
    await eventually(lambda: "staff" not in socket.hears())
    await socket.close()


async def test_a_look_that_the_database_does_not_answer_is_repeated(
    process: Process,
    alice: User,
    rights: Rights,
    monkeypatch: pytest.MonkeyPatch,
    hushed: None,
) -> None:
    monkeypatch.setattr(implied, "_RETRY_AFTER", 0.001)
    socket = await Socket(process, alice).opened()
    rights.topics, rights.failures = ["till"], [OperationalError("away")]
    await change(alice)
    await eventually(lambda: socket.hears() == {"till"})
    await socket.close()


async def test_a_look_that_fails_does_not_keep_the_next_from_succeeding(
    process: Process, alice: User, rights: Rights, hushed: None
) -> None:
    socket = await Socket(process, alice).opened()
    rights.topics, rights.failures = ["till"], [ValueError("a mistake")]
    looks = rights.looks
    socket.connection.refresh()
    await eventually(lambda: rights.looks > looks and not socket.connection.is_looking)
    assert socket.hears() == set()
    socket.connection.refresh()
    await eventually(lambda: socket.hears() == {"till"})
    await socket.close()


async def test_a_look_that_finds_the_user_gone_closes_the_socket(
    process: Process, alice: User, rights: Rights
) -> None:
    socket = await Socket(process, alice).opened()
    await in_pool(
        User.objects.filter(pk=alice.pk)._raw_delete, "default"
    )  # which nobody is told of
    socket.connection.refresh()
    await eventually(lambda: socket.frames[-1:] == [4001])
    await socket.close()


# --- while it is opened ---


async def test_what_changes_while_a_socket_is_opened_is_looked_at_once_it_is_open(
    process: Process, alice: User, rights: Rights
) -> None:
    rights.topics = ["shelf:1", "till"]
    rights.may_end.clear()
    socket = Socket(process, alice)
    await eventually(lambda: rights.looks)
    rights.topics = ["shelf:2", "till"]
    for _ in range(3):
        await change(alice)
        await process.hub.access.settle()
    await eventually(lambda: socket.connection.must_look)
    assert (rights.looks, socket.frames) == (1, [])
    rights.may_end.set()
    await eventually(lambda: socket.hears() == {"shelf:2", "till"})
    await eventually(lambda: not socket.connection.is_looking)
    counts = [listeners(process, topic) for topic in ("shelf:1", "shelf:2", "till")]
    assert counts == [0, 1, 1]
    await ring("till")
    await eventually(lambda: socket.frames[1:] != [])
    assert socket.frames[0] == "websocket.accept" and len(socket.frames) == 2
    await socket.close()
    assert not any(feed.is_heard() for feed in process.hub.feeds.values())


async def test_a_socket_that_is_gone_before_it_is_open_leaves_nothing_behind(
    process: Process, alice: User, rights: Rights
) -> None:
    rights.topics = ["shelf:1", "till"]
    rights.may_end.clear()
    socket = Socket(process, alice)
    await eventually(lambda: rights.looks)
    await change(alice)
    socket.connection.outbox.end()
    closing = asyncio.create_task(socket.close())
    rights.may_end.set()
    await closing
    assert not any(feed.is_heard() for feed in process.hub.feeds.values())
    assert process.hub.subscribers == {}
