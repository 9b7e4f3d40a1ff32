"""Redis channels in and out."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from channels_redis.pubsub import RedisPubSubChannelLayer
from websockets.exceptions import ConnectionClosed

from realtime import hints
from realtime.bridge import redis_in
from realtime.hub import Hub
from tests.faults.proxy import Proxy
from tests.support.ports import wait_until
from tests.support.redis_server import RedisServer
from tests.support.server import ROOT, Desk, Person, Server
from tests.support.sockets import Socket

pytestmark = [pytest.mark.redis, pytest.mark.xdist_group("neighbours")]


class Ear:
    """A subscriber of another service."""

    def __init__(self, service: redis.Redis, *channels: str) -> None:
        self._pubsub = service.pubsub(ignore_subscribe_messages=True)
        self._pubsub.psubscribe(*channels)
        self._pubsub.get_message(timeout=2)
        self.heard: list[tuple[str, Any]] = []

    def hears(self, channel: str, text: str, seconds: float = 10) -> Any:
        """The first message on a channel with a text in it; what came before stays in ``heard``."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = self._pubsub.get_message(timeout=0.2)
            if message is None:
                continue
            body = message["data"].decode()
            self.heard.append((message["channel"].decode(), body))
            if self.heard[-1][0] == channel and text in body:
                return json.loads(body)
        raise AssertionError(f"{text!r} was not heard on {channel}: {self.heard[-5:]}")

    def close(self) -> None:
        self._pubsub.close()


@pytest.fixture
def ear(service: redis.Redis) -> Iterator[Ear]:
    ear = Ear(service, "ws:events", "ticket:*:message", "notif:user:*")
    yield ear
    ear.close()


def _reaches(service: redis.Redis, channel: str, text: str, processes: int) -> None:
    """Publishes until as many processes listen."""
    wait_until(lambda: service.publish(channel, text) >= processes, what="the subscription")


def test_messages_events_and_notifications_go_out_and_notes_never(
    ear: Ear, alice: Person, carol: Person
) -> None:
    ticket = carol.new_ticket("Broken lamp")
    word = uuid4().hex
    alice.post(f"tickets/{ticket['id']}/assign/", {"assignee": alice.get("auth/me/").json()["id"]})
    note = {"content": f"@bob secret {word}", "kind": "note"}
    assert alice.post(f"tickets/{ticket['id']}/messages/", note).status_code == 201
    reply = {"content": f"answer {word}"}
    assert alice.post(f"tickets/{ticket['id']}/messages/", reply).status_code == 201
    event = ear.hears(f"ticket:{ticket['id']}:message", word)
    assert event["type"] == "message.new"
    assert event["room"] == f"ticket:{ticket['id']}"
    assert event["data"]["content"] == f"answer {word}"
    assert event["data"]["seq"] == event["seq"]
    assert event["sender"] == "alice"
    carol_id = carol.get("auth/me/").json()["id"]
    alice_id = alice.get("auth/me/").json()["id"]
    notification = ear.hears(f"notif:user:{carol_id}", "Broken lamp")
    assert notification["type"] == "notification"
    assert {"title", "message"} <= set(notification["payload"])
    assert {"id", "seq", "timestamp"} <= set(notification)
    final = uuid4().hex
    carol.post(f"tickets/{ticket['id']}/messages/", {"content": final})
    assert ear.hears("ws:events", final)["type"] == "message.new"
    assert alice_id != carol_id
    told = [body for _, body in ear.heard]
    assert any(f"ticket:{ticket['id']}" in body for body in told)
    assert not [body for body in told if f"secret {word}" in body or "ticket-notes:" in body]


def test_what_a_command_changes_last_goes_out_where_redis_has_a_name_that_is_looked_up(
    ear: Ear, bridged: Desk, bridge_redis: RedisServer, carol: Person
) -> None:
    ticket, word = carol.new_ticket("Broken lamp"), uuid4().hex
    rows = f"Ticket.objects.filter(pk='{ticket['id']}')"
    code = f"from tickets.models import Ticket; {rows}.update(subject='{word}')"
    by_name = {
        **bridged.environment,
        "REDIS_URL": bridge_redis.url.replace("127.0.0.1", "localhost"),
    }
    # A process of its own: what ends last in one is the point.
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=by_name, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ear.hears("ws:events", word)["data"]["subject"] == word


async def test_a_hint_that_cannot_be_read_is_skipped_and_the_layer_stays_in_use(
    bridge_redis: RedisServer, one: Server, two: Server
) -> None:
    layer = RedisPubSubChannelLayer(hosts=[bridge_redis.url], prefix="livedesk")
    for server in (one, two):
        (await Socket.open(server, "/ws")).connection.transport.abort()  # its hub has begun
    for nonsense in ({"events": 5}, {"events": b"["}, {"moved": 7}):
        hint = {"type": hints.MESSAGE_TYPE, "from": "elsewhere", **nonsense}
        await layer.group_send(hints.CONTROL_GROUP, hint)
    for server in (one, two):
        wait_until(lambda s=server: s.log.count("a hint could not be read") == 3, what="the hints")
        assert "the channel layer failed" not in server.log
    await layer.flush()


async def test_a_push_reaches_every_socket_of_its_user_in_every_process_verbatim(
    service: redis.Redis, carol: Person, dave: Person, one: Server, two: Server
) -> None:
    me = carol.get("auth/me/").json()["id"]
    sockets = [await Socket.open(s, "/ws", token=carol.access) for s in (one, one, two)]
    other = await Socket.of(dave, "/ws")
    rooms = await Socket.of(carol)
    text = (
        '{ "type" : "offer",  "price":1.50, "é":"\\u00e9" , "big": 123456789012345678901234567890}'
    )
    assert service.publish(f"ws:{me}", text) == 2
    for socket in sockets:
        while (got := await asyncio.wait_for(socket.connection.recv(), 5)) != text:
            assert '"offer"' not in got
    assert await other.is_silent()
    assert "offer" not in str(other.seen)
    assert (await rooms.receive())["type"] == "connected"
    assert await rooms.is_silent()
    for socket in (*sockets, other, rooms):
        await socket.close()


@pytest.mark.parametrize("text", ["7", '"word"', "[1]", "null", '"\\ud800"', "1e999", " {} "])
async def test_any_json_text_is_pushed(service: redis.Redis, carol: Person, text: str) -> None:
    socket = await Socket.of(carol, "/ws", events="0")
    assert service.publish(f"ws:{carol.get('auth/me/').json()['id']}", text) >= 1
    assert await asyncio.wait_for(socket.connection.recv(), 5) == text
    await socket.close()


async def test_what_is_no_json_no_utf8_or_too_large_is_dropped_and_counted(
    service: redis.Redis, carol: Person, one: Server
) -> None:
    socket = await Socket.of(carol, "/ws", events="0")
    channel = f"ws:{carol.get('auth/me/').json()['id']}"

    def dropped() -> float:
        return sum(n for name, n in one.metrics().items() if 'reason="push_' in name)

    before = dropped()
    junk = [b"{oops", b"", b"\xff\xfe", b'"\xff"', b"NaN", b'"%s"' % (b"x" * 1_100_000), b"{}{}"]
    for text in junk:
        assert service.publish(channel, text) >= 1
    service.publish(channel, '{"after":true}')
    assert await asyncio.wait_for(socket.connection.recv(), 5) == '{"after":true}'
    assert dropped() - before == len(junk)
    await socket.close()


async def test_a_channel_is_subscribed_to_only_while_its_user_is_here(
    bridged: Desk, service: redis.Redis, dave: Person
) -> None:
    channel = f"ws:{dave.get('auth/me/').json()['id']}"
    socket = await Socket.of(dave, "/ws")
    assert service.publish(channel, "1") >= 1
    await socket.close()
    wait_until(
        lambda: service.publish(channel, "1") == 0, seconds=30, what="the end of the subscription"
    )


async def test_pushes_and_events_go_on_after_redis_restarts(
    service: redis.Redis, bridge_redis: RedisServer, carol: Person
) -> None:
    socket = await Socket.of(carol, "/ws")
    me = carol.get("auth/me/").json()["id"]
    bridge_redis.kill()
    ticket = carol.new_ticket("While Redis is down")
    assert ticket["id"]
    bridge_redis.start()
    # Nobody keeps a push for a process that isn't back yet: the service says it again.
    async with asyncio.timeout(30):
        while {"back": 1} not in socket.seen:
            service.publish(f"ws:{me}", '{"back":1}')
            with contextlib.suppress(TimeoutError):
                await socket.until(lambda frame: "back" in frame, 0.5)
    word = uuid4().hex
    ear = Ear(service, "ws:events")

    def heard() -> bool:
        carol.post(f"tickets/{ticket['id']}/messages/", {"content": word})
        try:
            return bool(ear.hears("ws:events", word, 1))
        except AssertionError:
            return False

    wait_until(heard, seconds=20, what="events going out again")
    ear.close()
    try:
        await socket.close()
    except ConnectionClosed:
        raise AssertionError("the socket did not survive") from None


async def test_a_connection_that_is_half_open_is_noticed(
    service: redis.Redis, bridge_redis: RedisServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The listener's part of a process, alone: nothing else of it says that Redis is silent."""
    monkeypatch.setattr(redis_in, "_PING_EVERY", 0.2)
    proxy = await Proxy(lambda: ("127.0.0.1", bridge_redis.port)).start()
    settings.REALTIME = {
        **settings.REALTIME,
        "redis_url": f"redis://127.0.0.1:{proxy.port}",
        "hint_timeout": 2,
    }
    hub = Hub()
    heard: list[str] = []
    monkeypatch.setattr(hub, "accept", lambda events: heard.extend(e.topic for e in events))
    listener = redis_in.PushListener(hub)
    try:
        listener.start()
        await listener.opened("push:41")
        proxy.swallow_answer(b"lost")
        assert service.publish("ws:41", '"lost"') == 1
        async with asyncio.timeout(20):
            await proxy.swallowed.wait()
            while not heard:
                service.publish("ws:41", '"back"')
                await asyncio.sleep(0.05)
        assert set(heard) == {"push:41"}
    finally:
        await hub.background.stop()
        await proxy.close()


async def test_nobody_who_connects_waits_for_a_redis_that_is_away(
    bridge_redis: RedisServer, settings: Any
) -> None:
    proxy = await Proxy(lambda: ("127.0.0.1", bridge_redis.port)).start()
    settings.REALTIME = {
        **settings.REALTIME,
        "redis_url": f"redis://127.0.0.1:{proxy.port}",
        "hint_timeout": 60,
    }
    hub = Hub()
    listener = redis_in.PushListener(hub)
    try:
        listener.start()
        await listener.opened("push:41")
        proxy.shut()
        async with asyncio.timeout(20):
            for user in itertools.count():  # until the listener has noticed
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(listener.opened(f"push:{user}"), 1)
                    break
    finally:
        await hub.background.stop()
        await proxy.close()


def test_nothing_goes_in_or_out_when_the_bridge_is_off(
    bridged: Desk, service: redis.Redis, ear: Ear
) -> None:
    alone = bridged.serve("uvicorn", REALTIME_BRIDGE="0")
    carol = Person(alone, "carol")
    word = uuid4().hex
    carol.new_ticket(word)

    async def push() -> None:
        socket = await Socket.of(carol, "/ws", events="0")
        channel = f"ws:{carol.get('auth/me/').json()['id']}"
        service.publish(channel, '{"push":1}')
        assert await socket.is_silent()
        await socket.close()

    asyncio.run(push())
    alone.terminate()
    with pytest.raises(AssertionError, match="not heard"):
        ear.hears("ws:events", word, 2)
