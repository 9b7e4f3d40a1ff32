"""No token, ticket, password or webhook secret is in any log, access lines and faults included."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.support.nursery import nursery
from tests.support.ports import free_port, wait_until
from tests.support.server import Desk, Person, Server, demo_desk
from tests.support.sockets import Socket


class LoggingServer(Server):
    """A server that writes down all it can."""

    def __init__(self, desk: Desk, server: str, log_format: str) -> None:
        self.desk, self.port = desk, free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.log_file = desk.folder / f"all-{self.port}.log"
        more = {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": log_format, "AUDIT_LOG": "1"}
        command = [
            *("manage.py", "serve", "--server", server),
            *("--port", str(self.port), "--access-log"),
        ]
        with self.log_file.open("wb") as log:
            self.process = nursery().start(command, {**desk.environment, **more}, stdout=log)
        desk.servers.append(self)
        wait_until(self._answers, seconds=90, what="the start")


@pytest.fixture(scope="module", params=[("daphne", "text"), ("uvicorn", "json")])
def talkative(request: pytest.FixtureRequest) -> Iterator[LoggingServer]:
    with demo_desk() as desk:
        yield LoggingServer(desk, *request.param)


async def test_nothing_secret_is_written_down(talkative: LoggingServer) -> None:
    carol = Person(talkative, "carol")
    ticket = carol.post("auth/ws-ticket/").json()["ticket"]
    secrets = [carol.access, carol.refresh, ticket, "Secret123", "a-hooks-secret-0123456789"]
    for path in ("/ws", "/api/v1/ws/connect", "/api/v1/ws/notifications"):
        for how in (
            {"token": carol.access},
            {"token": carol.access + "x"},
            {"token": carol.refresh},
        ):
            socket = await Socket.open(talkative, path, **how)
            await socket.receive() if path != "/ws" else None
            await socket.close()
    await (await Socket.open(talkative, "/ws", ticket=ticket)).close()
    await (await Socket.open(talkative, "/ws", subprotocols=["bearer", carol.access])).close()
    socket = await Socket.of(carol)
    await socket.ask({"type": "authenticate", "token": carol.access + "x"}, "error")
    await socket.send('{"type":"authenticate","token":"' + carol.access)
    await socket.close()
    url = talkative.url
    for path in (
        f"/api/v1/tickets/?token={carol.access}",
        f"/nowhere?ticket={ticket}",
        f"/?x={carol.refresh}",
    ):
        httpx.get(url + path)
    httpx.post(f"{url}/api/v1/hooks/a-hooks-secret-0123456789/", json={"content": "x"})
    httpx.post(f"{url}/api/v1/auth/token/", json={"username": "carol", "password": "Secret123x"})
    httpx.post(f"{url}/api/v1/auth/token/", content=b'{"username": "carol", "password": "Secret123')
    httpx.get(f"{url}/api/v1/auth/me/", headers={"Authorization": f"Bearer {carol.access}x"})
    for part in ("/ws", "/nowhere", "/hooks/"):
        await asyncio.to_thread(
            wait_until, lambda part=part: part in talkative.log, what=f"{part} in the log"
        )
    log = talkative.log
    written = [secret for secret in secrets if secret in log]
    written += [
        part
        for token in (carol.access, carol.refresh)
        for part in token.split(".")[1:]
        if part in log
    ]
    assert written == []
