"""Redis does what it is asked and its answer gets lost: who is gone is told all the same, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from realtime.tests.presence.nodes import Node
from tests.faults.proxy import Proxy
from tests.support.redis_server import RedisServer

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]

GONE = ("offline", "7", "")
CLAIMED = b'["","7","user7"'
"""In the answer to a claim."""
CONFIRMED = b'"op":"confirm"'

Start = Callable[..., Node]


@pytest_asyncio.fixture
async def proxy(redis_server: RedisServer) -> AsyncIterator[Proxy]:
    """Before a Redis in which nothing is."""
    redis_server.flush()
    proxy = await Proxy(lambda: ("127.0.0.1", redis_server.port)).start()
    yield proxy
    await proxy.close()


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts processes that only keep presence, in the Redis at a port."""
    nodes: list[Node] = []
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "unused.sqlite3")}
    environment = {
        "DJANGO_SETTINGS_MODULE": "realtime.tests.presence.settings",
        "NODE_DATABASE": json.dumps(database),
    }

    def start(port: int, lease: float = 1.2) -> Node:
        url = f"redis://127.0.0.1:{port}/0"
        node = Node({**environment, "REDIS_URL": url}, lease=lease, grace=0.3)
        nodes.append(node)
        node.wait_until_ready()
        return node

    yield start
    for node in nodes:
        node.end()


async def when(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.02)


async def goes_and_is_told(node: Node, user: str, *others: Node) -> None:
    """Another user comes and goes: what was to be told before has been told then. One of the others may be first to tell."""
    await asyncio.to_thread(node.open, f"of-{user}", user)
    await asyncio.to_thread(node.close, f"of-{user}")
    await when(lambda: any(("offline", user, "") in one.news for one in (node, *others)))


async def until_gone(node: Node, user: str) -> None:
    async with asyncio.timeout(20):
        # In a thread: what the node asks goes through the proxy, which runs here.
        while user in await asyncio.to_thread(node.call, "online"):
            await asyncio.sleep(0.02)


async def test_an_answer_to_a_claim_that_is_lost_loses_nothing(proxy: Proxy, start: Start) -> None:
    node = await asyncio.to_thread(start, proxy.port)
    await asyncio.to_thread(node.open, "a", "7")
    proxy.swallow_answer(CLAIMED)
    await asyncio.to_thread(node.close, "a")
    await asyncio.wait_for(proxy.swallowed.wait(), 20)
    await when(lambda: GONE in node.news)
    await goes_and_is_told(node, "8")
    assert node.news.count(GONE) == 1


async def test_what_a_process_that_died_had_claimed_another_one_tells(
    proxy: Proxy, start: Start, redis_server: RedisServer
) -> None:
    doomed = await asyncio.to_thread(start, proxy.port)
    await asyncio.to_thread(doomed.open, "a", "7")
    proxy.swallow_answer(CLAIMED)
    await asyncio.to_thread(doomed.close, "a")
    await asyncio.wait_for(proxy.swallowed.wait(), 20)
    doomed.kill()
    assert GONE not in doomed.news
    heir = await asyncio.to_thread(start, redis_server.port)
    await when(lambda: GONE in heir.news)
    await goes_and_is_told(heir, "8")
    assert heir.news.count(GONE) == 1
    assert await asyncio.to_thread(heir.call, "online") == []


async def test_who_comes_back_while_the_answer_is_missed_is_not_told_gone(
    proxy: Proxy, start: Start, redis_server: RedisServer
) -> None:
    here = await asyncio.to_thread(start, proxy.port, 60)  # it isn't taken for dead
    await asyncio.to_thread(here.open, "a", "7")
    proxy.swallow_answer(CLAIMED)
    await asyncio.to_thread(here.close, "a")
    await asyncio.wait_for(proxy.swallowed.wait(), 20)
    proxy.shut()
    there = await asyncio.to_thread(start, redis_server.port)
    await asyncio.to_thread(there.open, "b", "7")
    proxy.heal()
    await goes_and_is_told(there, "8", here)
    await until_gone(here, "8")
    await goes_and_is_told(here, "9", there)
    assert GONE not in here.news + there.news
    assert await asyncio.to_thread(here.call, "online") == ["7"]


@pytest.mark.parametrize("what", ["question", "answer"])
async def test_a_confirmation_that_is_lost_is_no_reason_to_tell_again(
    proxy: Proxy, start: Start, what: str
) -> None:
    node = await asyncio.to_thread(start, proxy.port)
    await asyncio.to_thread(node.open, "a", "7")
    if what == "question":
        proxy.swallow_question(CONFIRMED)
    else:
        proxy.swallow_answer(CONFIRMED)
    await asyncio.to_thread(node.close, "a")
    await asyncio.wait_for(proxy.swallowed.wait(), 20)
    await goes_and_is_told(node, "8")
    assert node.news.count(GONE) == 1
