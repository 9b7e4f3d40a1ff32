"""Real server processes for tests: ``manage.py serve`` with a data directory and a port of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import httpx

from tests.support.nursery import ROOT, Nursery, nursery
from tests.support.ports import free_port, wait_until
from tests.support.postgresql import make_database
from tests.support.prepared import Prepared, prepared

__all__ = ["ROOT", "Desk", "Person", "Server", "demo_desk", "errors_in"]


class Desk:
    """A data directory (and so a database) that server processes and commands share; closed with all its processes."""

    def __init__(self, **environment: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="livedesk-desk-"))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("WS_", "WEBSOCKET_"))}
        for name in ("DATABASE_URL", "REDIS_URL", "TEST_DATABASE"):
            inherited.pop(name, None)
        self.environment = {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "tests.support.serving",
            "DATA_DIR": str(self.folder),
            "THROTTLE_LOGIN": "10000/min",
            **environment,
        }
        self._usual = dict(self.environment)
        self.servers: list[Server] = []
        self._loaded: Nursery | None = None

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Runs a management command; returns what it printed.

        Raises:
            AssertionError: it failed; the text is its output.
        """
        source = self._source(self.environment)
        done = source.run(["manage.py", *arguments], self.environment, stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, code: str) -> str:
        """Runs Python with Django set up, as a person would in ``manage.py shell``."""
        return self.manage("shell", "-v", "0", "-c", code)

    def create_demo(self) -> Desk:
        """Migrates and makes the demo's people and rows; on PostgreSQL the database is made anew."""
        url = self.environment.get("DATABASE_URL", "")
        _demo(on_postgresql=bool(url)).copy_to(self.folder, url)
        return self

    def serve(
        self,
        server: str = "uvicorn",
        *,
        port: int | None = None,
        source: Nursery | None = None,
        **environment: str,
    ) -> Server:
        """Starts a server process, on a free port unless one is given, and waits until it answers."""
        whole = {**self.environment, **environment}
        if source is None:
            source = self._source(whole)
        started = Server(self, server, whole, port, source)
        self.servers.append(started)
        return started

    def _source(self, environment: dict[str, str]) -> Nursery:
        """One with the project loaded, for what is to run in the environment that the desk was made with."""
        if environment != self._usual:
            return nursery()
        if self._loaded is None:
            self._loaded = Nursery(self._usual)
        return self._loaded

    def close(self) -> None:
        for server in self.servers:
            server.kill()
        if self._loaded is not None:
            self._loaded.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def demo_desk(*servers: str, **environment: str) -> Iterator[Desk]:
    """A desk with the demo, whose people may have many sockets, served by a process of each kind that is named; closed in the end."""
    desk = Desk(**{"WS_MAX_CONNECTIONS_PER_USER": "1000", **environment})
    try:
        desk.create_demo()
        for server in servers:
            desk.serve(server)
        yield desk
    finally:
        desk.close()


def migrated(*, on_postgresql: bool) -> Prepared:
    """The data directory of a desk that has nothing but its tables."""

    def make(empty: Prepared) -> None:
        if on_postgresql:
            make_database(empty.database_url)
        _manage_in(empty, ["migrate", "-v", "0"])

    return prepared("migrated", make, on_postgresql=on_postgresql)


def _demo(*, on_postgresql: bool) -> Prepared:
    """A demo that no server has touched."""

    def make(empty: Prepared) -> None:
        migrated(on_postgresql=on_postgresql).copy_to(empty.folder, empty.database_url)
        # Each of its servers would write the deliveries anew.
        forget = "from notifications.models import Delivery; Delivery.objects.all().delete()"
        _manage_in(empty, ["create_demo"], ["shell", "-v", "0", "-c", forget])

    return prepared("demo", make, on_postgresql=on_postgresql)


def _manage_in(data: Prepared, *commands: list[str]) -> None:
    database = {"DATABASE_URL": data.database_url} if data.database_url else {}
    desk = Desk(DATA_DIR=str(data.folder), **database)
    try:
        for command in commands:
            desk.manage(*command)
    finally:
        desk.close()


class Server:
    """One server process."""

    def __init__(
        self,
        desk: Desk,
        server: str,
        environment: dict[str, str],
        port: int | None,
        source: Nursery,
    ) -> None:
        self.desk = desk
        self.port = port or free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.log_file = desk.folder / f"server-{self.port}.log"
        command = ["manage.py", "serve", "--server", server, "--port", str(self.port)]
        with self.log_file.open("ab") as log:
            self.process = source.start(command, environment, stdout=log)
        wait_until(self._answers, seconds=120, what=f"the start of {server}")

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def metrics(self) -> dict[str, float]:
        """What ``/metrics`` shows: values by name, with labels as they are written."""
        text = httpx.get(f"{self.url}/metrics", timeout=20, verify=False).text
        lines = (line for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"the server has ended:\n{self.log}"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def terminate(self, seconds: float = 15) -> int:
        """SIGTERM, and the exit code.

        Raises:
            AssertionError: it doesn't end; its log tells what it is doing.
        """
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGUSR1)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.5)
            raise AssertionError(f"the server doesn't end:\n{self.log[-4000:]}") from None

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        self.process.kill()
        self.process.wait()


def errors_in(log: str) -> list[str]:
    """What a server's log has of errors: logger and message, and the last line of a traceback."""
    found = []
    for record in re.split(r"^(?=\d{4}-\d\d-\d\d )", log, flags=re.M):
        first, *more = record.rstrip().split("\n")
        if error := re.match(r"\S+ \S+ (?:ERROR|CRITICAL) (.*)", first):
            found.append(" ".join([error[1], *more[-1:]]))
    return found


class Person:
    """Somebody signed in at a server: REST as this person."""

    def __init__(self, server: Server, username: str, password: str = "Secret123") -> None:
        self.server = server
        self.username = username
        # Plain HTTP: to load the certificates of the world for each person would take longer than what they do.
        self.http = httpx.Client(base_url=f"{server.url}/api/v1/", timeout=20, verify=False)
        tokens = self.http.post("auth/token/", json={"username": username, "password": password})
        assert tokens.status_code == 200, tokens.text
        self.access: str = tokens.json()["access"]
        self.refresh: str = tokens.json()["refresh"]
        self.http.headers["Authorization"] = f"Bearer {self.access}"

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return self.http.get(path, params=parameters)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self.http.post(path, json=body, headers=headers)

    def patch(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return self.http.patch(path, json=body, headers=headers)

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(path)

    def new_channel(self) -> str:
        """The room of a new channel in a project of Carol's and Bob's: nobody is in it yet."""
        made = self.post("examples/channels/", {"name": "Fresh", "project": 1})
        assert made.status_code == 201, made.text
        return f"channel:{made.json()['id']}"

    def new_ticket(
        self, subject: str = "It broke", content: str = "Please help."
    ) -> dict[str, Any]:
        """Files a ticket; returns it as REST shows it."""
        answer = self.post("tickets/", {"subject": subject, "content": content})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found
