"""Several server processes behind a real nginx with the configuration of deploy/; one is restarted, and nobody misses anything."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.deploy.proxying import Nginx
from tests.support.redis_server import RedisServer
from tests.support.server import ROOT, Person, Server, demo_desk
from tests.support.sockets import Socket

sys.path.insert(0, str(ROOT / "clients" / "python"))

from livedesk_client import Client, Session

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None, reason="there is no nginx on the PATH"
)

_LISTENERS = 8


@pytest.fixture(scope="module")
def setting(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Nginx, list[Server]]]:
    folder: Path = tmp_path_factory.mktemp("nginx")
    with demo_desk("uvicorn", "daphne", REDIS_URL=redis_server.url, TRUSTED_PROXIES="1") as desk:
        nginx = Nginx(folder, desk.servers)
        yield nginx, desk.servers
        nginx.stop()


async def test_one_process_is_restarted_and_every_listener_hears_everything_once(
    setting: tuple[Nginx, list[Server]],
) -> None:
    nginx, servers = setting
    heard: list[list[int]] = [[] for _ in range(_LISTENERS)]
    session = Session(nginx.url, "alice", "Secret123")

    async def listen(mine: list[int], ready: asyncio.Event, last: asyncio.Future[int]) -> None:
        async with Client(f"{nginx.url}/api/v1/ws/connect", session.token) as client:
            async with client.subscribe("channel:1", since=0) as room:
                async for event in room:
                    ready.set()
                    mine.append(event["seq"])
                    if last.done() and event["seq"] >= last.result():
                        return

    carol = Person(nginx, "carol")  # type: ignore[arg-type]
    speaker = await Socket.of(carol)
    await speaker.ask({"type": "join_room", "room": "channel:1"}, "room_joined")

    async def say(text: str) -> int:
        frame = {
            "type": "send_message",
            "room": "channel:1",
            "data": {"content": text, "client_id": text},
        }
        return int((await speaker.ask(frame, "ack"))["seq"])

    await say("the first")
    last: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    ready = [asyncio.Event() for _ in heard]
    async with asyncio.timeout(120):
        async with asyncio.TaskGroup() as group:
            for mine, event in zip(heard, ready, strict=True):
                group.create_task(listen(mine, event, last))
            for event in ready:
                await event.wait()
            holds = [await _holds(server, speaker) for server in servers]
            stopped = servers[holds.index(False)]
            ended = asyncio.create_task(asyncio.to_thread(stopped.terminate, 30))
            for number in range(30):
                await say(f"message {number}")
            assert await ended == 0
            servers[servers.index(stopped)] = await asyncio.to_thread(
                stopped.desk.serve, "uvicorn", port=stopped.port
            )
            last.set_result(await say("the last"))
            await say("one more, for whoever had heard the last before it was known as such")
    for mine in heard:
        assert mine == list(range(1, len(mine) + 1))
        assert len(mine) >= last.result()
    assert "Traceback" not in stopped.log


async def _holds(server: Server, socket: Socket) -> bool:
    """Whether the only socket of Carol's is one of this process: the process that says so closes nobody else's."""
    peer = socket.connection.local_address
    assert peer
    # Ephemeral frames are answered by the process itself; its counter tells which one it was.
    before = _received(server)
    await socket.ask({"type": "ping"}, "pong")
    await socket.ask({"type": "ping"}, "pong")
    await socket.ask({"type": "ping"}, "pong")
    return _received(server) >= before + 3


def _received(server: Server) -> float:
    return server.metrics()["websocket_messages_received_total"]


async def test_a_server_that_is_down_puts_no_token_into_a_log(tmp_path: Path) -> None:
    with demo_desk("uvicorn", TRUSTED_PROXIES="1") as desk:
        nginx = Nginx(tmp_path, desk.servers)
        try:
            carol = Person(nginx, "carol")  # type: ignore[arg-type]
            desk.servers[0].kill()
            with pytest.raises(InvalidStatus):
                await Socket.of(carol)
        finally:
            nginx.stop()
    assert '"GET /api/v1/ws/connect" 502' in nginx.logs
    assert carol.access not in nginx.logs


async def test_a_secret_in_a_path_is_not_in_a_log_either(
    setting: tuple[Nginx, list[Server]],
) -> None:
    nginx, _ = setting
    httpx.post(f"{nginx.url}/api/v1/hooks/a-hooks-secret/", json={"content": "x"})
    httpx.get(f"{nginx.url}/api/v1/notifications/unsubscribe/a-mails-secret/")
    assert '"POST /api/v1/hooks/..."' in nginx.logs
    assert '/unsubscribe/..."' in nginx.logs
    assert "s-secret" not in nginx.logs


@pytest.mark.parametrize("path", ["/admin/login/", "/api/v1/auth/token/"])
async def test_signing_in_is_slowed_down_by_address_wherever_one_does(
    setting: tuple[Nginx, list[Server]], tmp_path: Path, path: str
) -> None:
    nginx = Nginx(tmp_path, setting[1])  # the others' sign-ins mustn't count
    try:
        async with httpx.AsyncClient(base_url=nginx.url, timeout=60) as browser:
            answers = await asyncio.gather(*(browser.get(path) for _ in range(30)))
        assert 429 in {answer.status_code for answer in answers}
    finally:
        nginx.stop()


async def test_the_proxy_passes_on_what_matters(setting: tuple[Nginx, list[Server]]) -> None:
    nginx, servers = setting
    for path in ("/metrics", "/healthz/websocket"):
        assert httpx.get(nginx.url + path).status_code == 404
    answer = httpx.get(f"{nginx.url}/healthz")
    assert (answer.status_code, len(answer.headers["X-Request-ID"])) == (200, 32)
    carol = Person(nginx, "carol")  # type: ignore[arg-type]
    own = await Socket.of(carol, "/ws", headers={"Origin": nginx.url})
    assert (await own.ask({"type": "ping"}, "pong"))["type"] == "pong"
    long = await Socket.open(nginx, "/ws", token="x" * 7000)  # type: ignore[arg-type]
    assert await long.close_code() == 4001
    assert not any("token=x" in server.log for server in servers)
