"""The fault proxy does what it says, so that what the other tests show is about servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.faults.proxy import Proxy


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """Before a server that sends back what it gets."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                writer.write(data)
        except OSError:
            pass
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()[:2]
    proxy = await Proxy(lambda: address).start()
    yield proxy
    await proxy.close()
    server.close()


class Peer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def of(cls, proxy: Proxy) -> Peer:
        return cls(*await asyncio.open_connection("127.0.0.1", proxy.port))

    async def hears(self, text: bytes) -> bool:
        self.writer.write(text)
        return await asyncio.wait_for(self.reader.readexactly(len(text)), 5) == text

    async def is_silent(self) -> bool:
        try:
            await asyncio.wait_for(self.reader.read(1), 0.2)
        except TimeoutError:
            return True
        return False

    async def is_cut(self) -> bool:
        try:
            return await asyncio.wait_for(self.reader.read(), 5) == b""
        except ConnectionResetError:
            return True


async def test_what_is_sent_arrives(proxy: Proxy) -> None:
    assert await (await Peer.of(proxy)).hears(b"x" * 300_000)


async def test_a_cut_ends_connections_and_lets_new_ones_through(proxy: Proxy) -> None:
    peer = await Peer.of(proxy)
    assert await peer.hears(b"one")
    proxy.cut()
    assert await peer.is_cut()
    assert await (await Peer.of(proxy)).hears(b"two")


async def test_what_is_held_up_arrives_later(proxy: Proxy) -> None:
    peer = await Peer.of(proxy)
    assert await peer.hears(b"one")
    proxy.pause()
    peer.writer.write(b"two")
    assert await peer.is_silent()
    proxy.heal()
    assert await peer.reader.readexactly(3) == b"two"


async def test_what_is_slowed_arrives_in_pieces_and_whole(proxy: Proxy) -> None:
    peer = await Peer.of(proxy)
    assert await peer.hears(b"one")
    proxy.slow(2_000)
    peer.writer.write(b"x" * 500)
    assert len(await peer.reader.read(1000)) <= 100
    proxy.heal()
    assert len(await peer.reader.readexactly(400)) == 400


async def test_half_open_connections_are_silent_until_they_are_found_out(proxy: Proxy) -> None:
    peer = await Peer.of(proxy)
    assert await peer.hears(b"one")
    proxy.swallow()
    peer.writer.write(b"two")
    assert await peer.is_silent()
    newcomer = await Peer.of(proxy)
    newcomer.writer.write(b"three")
    assert await newcomer.is_silent()
    proxy.heal()
    assert await peer.is_cut()
    assert await newcomer.is_cut()
    assert await (await Peer.of(proxy)).hears(b"four")


async def test_a_way_that_is_shut_lets_nobody_through(proxy: Proxy) -> None:
    peer = await Peer.of(proxy)
    proxy.shut()
    assert await peer.is_cut()
    assert await (await Peer.of(proxy)).is_cut()
    proxy.heal()
    assert await (await Peer.of(proxy)).hears(b"one")
