"""What the log says while Redis is away: that it is, and that it is back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime import layer_link
from realtime.bridge import redis_in
from realtime.bridge.redis_in import PushListener
from realtime.hub import Hub
from realtime.tests.hub.conftest import eventually
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.django_db(transaction=True)


class Layer:
    """A channel layer that works when it is told to, and on which nothing is said."""

    works = True
    asked = 0
    ends = asyncio.Event()

    def __init__(self, **_: Any) -> None:
        """Takes whatever the settings say."""

    async def new_channel(self) -> str:
        type(self).asked += 1
        if not self.works:
            raise OSError("gone")
        return "one"

    async def group_add(self, group: str, channel: str) -> None:
        """Nobody else is there."""

    async def receive(self, channel: str) -> dict[str, Any]:
        await self.ends.wait()
        raise OSError("gone again")


@pytest.fixture
def layer(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Layer]:
    monkeypatch.setattr(layer_link, "_RETRY_AFTER", 0.01)
    monkeypatch.setattr(Layer, "works", True)
    monkeypatch.setattr(Layer, "asked", 0)
    monkeypatch.setattr(Layer, "ends", asyncio.Event())
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.Layer"}}
    return Layer


async def test_of_a_channel_layer_it_is_said_when_that_changes(
    layer: type[Layer], hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    for outages in (1, 2):
        layer.works, layer.asked = False, 0
        layer.ends.set()
        await eventually(lambda: layer.asked >= 4)
        assert caplog.text.count("the channel layer failed (OSError: gone again)") == outages
        assert caplog.text.count("the channel layer failed") == outages

        layer.ends.clear()
        layer.works = True
        await eventually(lambda: hub.link.is_up)
        assert caplog.text.count("the channel layer works again") == outages


@pytest.mark.redis
async def test_of_the_bridge_it_is_said_when_that_changes(
    hub: Hub,
    own_redis: RedisServer,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried = 0

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tried
        tried += 1
        writer.close()

    monkeypatch.setattr(redis_in, "_RETRY_AFTER", 0.01)
    settings.REALTIME = {**settings.REALTIME, "redis_url": own_redis.url}
    own_redis.kill()
    async with await asyncio.start_server(hang_up, "127.0.0.1", own_redis.port):
        listener = PushListener(hub)
        listener.start()
        await eventually(lambda: tried >= 4)
    assert caplog.text.count("the bridge lost Redis") == 1

    own_redis.start()
    await eventually(lambda: listener._answers)
    await listener.opened("push:7")
    assert caplog.text.count("the bridge hears Redis again") == 1
    own_redis.kill()
    await eventually(lambda: not listener._answers)
    assert caplog.text.count("the bridge lost Redis") == 2
