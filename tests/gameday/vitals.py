"""What the parts tell of themselves: metrics and health endpoints of each server process, and whether the proxy answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx

_SAMPLE = re.compile(r"^([a-z_]+)(\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Vitals:
    """One server process. One that doesn't answer has no metrics."""

    name: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    """By name; of those with labels the sum."""
    redis: str = "ok"
    """What ``/healthz/redis`` says: ``ok``, ``not configured``, or the name of the error."""
    status: str = "ok"
    """That of ``/healthz/websocket``."""

    @property
    def answers(self) -> bool:
        return bool(self.metrics)


@dataclass(frozen=True, slots=True)
class Look:
    """All of them at one moment."""

    servers: tuple[Vitals, ...]
    proxy_answers: bool = True

    @property
    def answering(self) -> list[Vitals]:
        return [server for server in self.servers if server.answers]

    def values(self, metric: str) -> list[float]:
        """Of the processes that show it."""
        return [each.metrics[metric] for each in self.servers if metric in each.metrics]


async def look(http: httpx.AsyncClient, servers: Sequence[tuple[str, str]], proxy: str) -> Look:
    """Asks everybody at once; ``servers`` are names and URLs."""
    *found, proxy_answers = await asyncio.gather(
        *(_ask(http, name, url) for name, url in servers), _answers(http, proxy)
    )
    return Look(tuple(found), proxy_answers)


def parsed(text: str) -> dict[str, float]:
    """Metrics in Prometheus' text format; of those with labels the sum."""
    found: dict[str, float] = {}
    for name, _, value in _SAMPLE.findall(text):
        found[name] = found.get(name, 0.0) + float(value)
    return found


async def _ask(http: httpx.AsyncClient, name: str, url: str) -> Vitals:
    paths = ("/metrics", "/healthz/redis", "/healthz/websocket")
    try:
        metrics, redis, sockets = await asyncio.gather(*(http.get(url + path) for path in paths))
    except httpx.TransportError:
        return Vitals(name)
    said = redis.json()
    return Vitals(
        name,
        parsed(metrics.text),
        said.get("error", said["status"]),
        sockets.json()["status"],
    )


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/healthz")).status_code == 200
    except httpx.TransportError:
        return False
