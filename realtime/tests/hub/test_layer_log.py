"""What the log says of a channel layer whose Redis goes away."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator

import pytest
import uvloop
from channels_redis.pubsub import RedisPubSubChannelLayer

from realtime.layer_log import OutageInASentence
from tests.support.redis_server import RedisServer

LOGGER = "channels_redis.pubsub"


@pytest.fixture
def quiet() -> Iterator[None]:
    outages = OutageInASentence()
    logging.getLogger(LOGGER).addFilter(outages)
    yield
    logging.getLogger(LOGGER).removeFilter(outages)


@pytest.mark.redis
async def test_an_outage_is_a_warning_of_one_sentence(
    own_redis: RedisServer, quiet: None, caplog: pytest.LogCaptureFixture
) -> None:
    layer = RedisPubSubChannelLayer(hosts=[own_redis.url])
    channel = await layer.new_channel()
    receiving = asyncio.ensure_future(layer.receive(channel))
    own_redis.kill()
    async with asyncio.timeout(10):
        while not caplog.records:
            await asyncio.sleep(0.01)
        receiving.cancel()  # it tries to unsubscribe, and can't
        await asyncio.wait([receiving])
    await layer.flush()
    said = [record for record in caplog.records if record.name == LOGGER]
    assert said
    assert {record.levelname for record in said} == {"WARNING"}
    assert not any(record.exc_info or record.exc_text for record in said)
    texts = [record.getMessage() for record in said]
    assert len(texts) == len({text.split(":")[0] for text in texts}), "each is said once"
    assert all(text.startswith("the channel layer has no way to Redis (") for text in texts)


def test_what_is_no_outage_stays_an_error_with_its_traceback(
    quiet: None, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise RuntimeError("a mistake")
    except RuntimeError:
        logging.getLogger(LOGGER).exception("Unexpected exception in receive task")
    [record] = caplog.records
    assert (record.levelname, record.getMessage()) == (
        "ERROR",
        "Unexpected exception in receive task",
    )
    assert record.exc_info is not None


def test_a_connection_that_uvloop_has_closed_is_an_outage(
    quiet: None, caplog: pytest.LogCaptureFixture
) -> None:
    async def write_to_what_is_closed() -> None:
        reading, writing = socket.socketpair()
        _, writer = await asyncio.open_connection(sock=writing)
        writer.transport.abort()
        await asyncio.sleep(0)
        reading.close()
        writer.writelines([b"UNSUBSCRIBE"])

    with pytest.raises(RuntimeError) as raised:
        uvloop.run(write_to_what_is_closed())
    logging.getLogger(LOGGER).error("Unexpected exception", exc_info=raised.value)
    [record] = caplog.records
    assert record.levelname == "WARNING"
