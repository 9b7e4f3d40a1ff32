"""Measures what a request costs a server: ``python -m tests.servers.measure_http``.

The desk's HTTP as `realtime.http` runs it and as Django's own ``get_asgi_application`` does, by turns under uvicorn. Prints
milliseconds of CPU for each request, the medians of the rounds, and how many times as much Django's own takes.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.cpu import cpu_seconds
from tests.support.ports import free_port, wait_until
from tests.support.server import ROOT, Desk

ROUNDS, REQUESTS = 5, 200
MAKERS = {
    "Django": "django.core.asgi.get_asgi_application",
    "engine": "realtime.http.http_application",
}
ADDRESSES = {
    "a health check": "/healthz",
    "who am I": "/api/v1/auth/me/",
    "a missing ticket": "/api/v1/tickets/0/",
    "the inbox": "/api/v1/tickets/",
    "a style sheet": "/static/livedesk/css/base.css",
}
_SERVE = """
import sys, uvicorn
from django.utils.module_loading import import_string
uvicorn.run(import_string(sys.argv[1])(), port=int(sys.argv[2]), log_level="critical")
"""


@contextmanager
def served(desk: Desk, maker: str) -> Iterator[tuple[str, int]]:
    """The address of a server whose application ``maker`` makes, and its process."""
    port = free_port()
    command = [sys.executable, "-c", _SERVE, maker, str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=desk.environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url), seconds=60, what="the start of the server")
        yield url, process.pid
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", verify=False).status_code == 200
    except httpx.TransportError:
        return False


def cost(http: httpx.Client, path: str, pid: int) -> float:
    """Milliseconds of CPU that a request takes."""
    before = cpu_seconds(pid)
    for _ in range(REQUESTS):
        http.get(path)
    return (cpu_seconds(pid) - before) / REQUESTS * 1000


def main() -> None:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    desk = Desk(THROTTLE_USER="1000000/min", JOBS_EMBEDDED="0").create_demo()
    try:
        for _ in range(ROUNDS):
            for name, maker in MAKERS.items():
                with served(desk, maker) as (url, pid), httpx.Client(base_url=url) as http:
                    login = {"username": "alice", "password": "Secret123"}
                    access = http.post("/api/v1/auth/token/", json=login).json()["access"]
                    http.headers["Authorization"] = f"Bearer {access}"
                    for what, path in ADDRESSES.items():
                        cost(http, path, pid)
                        found[what, name].append(cost(http, path, pid))
    finally:
        desk.close()
    for what in ADDRESSES:
        django, engine = (statistics.median(found[what, name]) for name in MAKERS)
        print(f"{what}: {engine:.1f} ms; Django's own {django:.1f} ms, {django / engine:.1f} times")


if __name__ == "__main__":
    main()
