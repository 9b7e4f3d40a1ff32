"""Server processes that start in a moment: forked from one that has loaded the code and done nothing else.

What is forked runs ``manage.py serve`` like any other, with a process id of its own, and can be killed like any other. So many
kills fit into a run that would otherwise spend its time importing. ``python -m tests.faults.nursery`` reads ``SERVER PORT
LOGFILE`` lines, and tells ``started PID`` and ``ended PID STATUS``.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any

import httpx

from tests.faults.proxy import Proxy
from tests.faults.stage import Node
from tests.support.server import ROOT, Desk


@dataclass(frozen=True)
class _Where:
    """As much of a `Server` as people need to sign in."""

    url: str
    host: str


class NurseryNode(Node):
    """A node whose processes come from a nursery of its own."""

    def __init__(self, desk: Desk, kind: str, redis: Proxy | None) -> None:
        super().__init__(desk, kind, redis)
        self._nursery: asyncio.subprocess.Process | None = None
        self._pid = 0
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._started: asyncio.Future[int] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._log = desk.folder / f"server-{self.port}.log"

    @property
    def server(self) -> Any:
        return _Where(f"http://127.0.0.1:{self.port}", f"127.0.0.1:{self.port}")

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def start(self) -> None:
        if self._nursery is None:
            await self._open()
        assert self._nursery is not None and self._nursery.stdin is not None
        self._started = asyncio.get_running_loop().create_future()
        self._nursery.stdin.write(f"{self.kind} {self.port} {self._log}\n".encode())
        async with asyncio.timeout(40):
            self._pid = await self._started
        await self._until_it_answers()
        self.is_up = True

    def kill(self) -> None:
        self.is_up = False
        os.kill(self._pid, signal.SIGKILL)

    async def terminate(self) -> int:
        self.is_up = False
        os.kill(self._pid, signal.SIGTERM)
        pid = self._pid
        try:
            return await asyncio.wait_for(asyncio.shield(self._end_of(pid)), 30)
        except TimeoutError:
            os.kill(pid, signal.SIGUSR1)  # writes into its log what it is doing
            await asyncio.sleep(0.5)
            raise AssertionError(f"{self.kind} doesn't end:\n{self.log[-4000:]}") from None

    async def close(self) -> None:
        if self._nursery is None:
            return
        if self._pid and not self._end_of(self._pid).done():
            self.kill()
        self._nursery.kill()
        await self._nursery.wait()
        if self._listening is not None:
            await self._listening

    async def _open(self) -> None:
        way = {"REDIS_URL": f"redis://127.0.0.1:{self.redis.port}/0"} if self.redis else {}
        self._nursery = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.nursery"),
            cwd=ROOT,
            env={**self._desk.environment, **way},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._listening = asyncio.ensure_future(self._listen(self._nursery.stdout))

    async def _listen(self, lines: Any) -> None:
        async for line in lines:
            word, *numbers = line.decode().split()
            if word == "started":
                assert self._started is not None
                self._started.set_result(int(numbers[0]))
            elif word == "ended":
                end = self._end_of(int(numbers[0]))
                if not end.done():
                    end.set_result(int(numbers[1]))

    def _end_of(self, pid: int) -> asyncio.Future[int]:
        return self._ended.setdefault(pid, asyncio.get_running_loop().create_future())

    async def _until_it_answers(self) -> None:
        async with asyncio.timeout(40):
            while not self._end_of(self._pid).done():
                with contextlib.suppress(httpx.TransportError):
                    await self.get("/healthz")
                    return
                await asyncio.sleep(0.05)
        raise AssertionError(f"the server has ended:\n{self.log[-2000:]}")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    import config.asgi
    import config.urls  # noqa: F401  loaded here, for all that are forked

    signal.signal(signal.SIGCHLD, _tell_who_ended)
    for line in sys.stdin:
        server, port, log = line.split()
        pid = os.fork()
        if pid == 0:
            _serve(server, int(port), log)
        _tell(f"started {pid}")
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _serve(server: str, port: int, log: str) -> None:
    from django.core.management import call_command

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(out, stream)
    faulthandler.register(signal.SIGUSR1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        call_command("serve", server=server, port=port)
    except BaseException as error:  # noqa: BLE001  the end of a process tells its status
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)


def _tell_who_ended(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _tell(f"ended {pid} {os.waitstatus_to_exitcode(status)}")


def _tell(line: str) -> None:
    """At once and whole: a signal may come between the parts of a `print`."""
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main()
