"""A server behind a real Caddy with the file of deploy/, where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.support.ports import free_port, wait_until
from tests.support.server import ROOT, Person, Server, demo_desk
from tests.support.sockets import Socket

pytestmark = pytest.mark.skipif(
    shutil.which("caddy") is None, reason="there is no caddy on the PATH"
)


class Caddy:
    """A private one before a server process. Clients may treat it as a `Server`."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.host = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.host}"
        self.log_file = folder / "caddy.log"
        caddy = shutil.which("caddy")
        assert caddy is not None
        self.process = subprocess.Popen(
            [caddy, "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy/Caddyfile")],
            env={
                **os.environ,
                "HOME": str(folder),
                "XDG_DATA_HOME": str(folder),
                "CADDY_ADMIN": f"127.0.0.1:{free_port()}",
                "SITE": self.url,
                "UPSTREAMS": server.host,
            },
            stderr=self.log_file.open("wb"),
        )
        wait_until(self._answers, what="the start of Caddy")

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[tuple[Caddy, Server]]:
    with demo_desk("uvicorn", TRUSTED_PROXIES="1", AUDIT_LOG="1") as desk:
        caddy = Caddy(tmp_path, desk.servers[0])
        try:
            yield caddy, desk.servers[0]
        finally:
            caddy.stop()


async def test_sockets_pass_what_is_inside_stays_inside_and_no_token_is_written_down(
    setting: tuple[Caddy, Server],
) -> None:
    caddy, server = setting
    for path in ("/metrics", "/healthz/websocket"):
        assert httpx.get(caddy.url + path).status_code == 404
    carol = Person(caddy, "carol")  # type: ignore[arg-type]
    invented = {"Origin": caddy.url, "X-Forwarded-For": "192.0.2.7"}
    socket = await Socket.of(carol, "/ws", headers=invented)
    assert (await socket.ask({"type": "ping"}, "pong"))["type"] == "pong"
    assert "address=127.0.0.1" in server.log and "192.0.2.7" not in server.log
    server.kill()
    with pytest.raises(InvalidStatus):
        await Socket.of(carol)
    with pytest.raises(InvalidStatus):
        await Socket.open(caddy, "/ws", subprotocols=["bearer", carol.access])  # type: ignore[arg-type]
    assert "connection refused" in caddy.log
    assert carol.access not in caddy.log
