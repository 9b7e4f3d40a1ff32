"""The capacity model of `docs/scaling.md`: fitted to a few measured points, checked against others.

python -m tests.benchmarks.model [--write]

CPU of a server process = quiet + messages/s x (a + b x listeners of each). Memory = base + sockets x s. Redis bytes = messages/s x r.
Log bytes = durable messages/s x l. a, b, s, r and l come from the fitted points; the checked ones have other sizes and rates.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import redis

from tests.benchmarks.contestants import CONTESTANTS
from tests.benchmarks.running import Laboratory
from tests.support.server import ROOT

_SERVER = "ours-uvicorn"
_SECONDS = 5.0
_BEGIN, _END = "<!-- made by the model: begin -->", "<!-- made by the model: end -->"


@dataclass(frozen=True)
class Load:
    """``rate`` messages a second, spread over ``rooms`` rooms of ``size`` sockets."""

    rooms: int
    size: int
    rate: int

    def __str__(self) -> str:
        return f"{self.rate}/s in {self.rooms} room{'s' * (self.rooms > 1)} of {self.size}"

    def order(self) -> dict[str, Any]:
        sockets = self.rooms * self.size
        return {
            "kind": "fan_out",
            "sockets": sockets,
            "rooms": self.rooms,
            "per_second": self.rate,
            "seconds": _SECONDS,
        }


_SMALL, _LARGE = Load(50, 2, 400), Load(1, 400, 100)
_CHECKED = (Load(20, 10, 400), Load(5, 80, 150), Load(2, 200, 200))
_IDLE_FITTED, _IDLE_CHECKED = 1000, 3000
_STORED = """
import realtime
from django.db import connection, transaction
def size():
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return cursor.fetchone()[0]
before = size()
for start in range(0, {count}, 500):
    with transaction.atomic():
        for n in range(500):
            realtime.record("stored:room", "message.new", {{"content": "x" * {content}}})
print(size() - before)
"""


class Points:
    """Measures, each point once."""

    def __init__(self, laboratory: Laboratory) -> None:
        self._laboratory = laboratory
        self._redis = redis.Redis.from_url(laboratory.redis_url)

    def cpu_and_redis(self, load: Load) -> tuple[float, float]:
        """Seconds of CPU and bytes through Redis, in and out, for each message."""
        before = self._bytes()
        result = self._laboratory.measure(CONTESTANTS[_SERVER], load.order())
        if result["faults"] or result["missing"]:
            raise SystemExit(f"{load}: {result['faults']} faults, {result['missing']} missing")
        passed = self._bytes() - before
        return result["server_us"] * 1e-6 * load.size, passed / (load.rate * _SECONDS)

    def memory(self, sockets: int) -> float:
        """Bytes for each socket."""
        order = {"kind": "idle", "sockets": sockets, "more_rooms": 0, "seconds": 1}
        return float(self._laboratory.measure(CONTESTANTS[_SERVER], order)["bytes"])

    def stored(self, count: int, content: int) -> float:
        """Bytes of the log's file for each event."""
        text = self._laboratory.shell(_STORED.format(count=count, content=content))
        return int(text) / count

    def _bytes(self) -> int:
        found: Any = self._redis.info("stats")
        return int(found["total_net_input_bytes"] + found["total_net_output_bytes"])


def lines(points: Points) -> list[str]:
    """The table of what was fitted, predicted and measured."""
    small, small_redis = points.cpu_and_redis(_SMALL)
    large, _ = points.cpu_and_redis(_LARGE)
    b = (large - small) / (_LARGE.size - _SMALL.size)
    a = small - b * _SMALL.size
    found = [
        f"Fitted to {_SMALL} and {_LARGE}: a = {a * 1e6:.0f} µs for a message, b = {b * 1e6:.1f} µs for each delivery.\n",
        "| point | predicted | measured | off by |",
        "| --- | ---: | ---: | ---: |",
    ]
    for load in _CHECKED:
        cpu, through_redis = points.cpu_and_redis(load)
        predicted = a + b * load.size
        found.append(_row(f"CPU, {load}", predicted * load.rate, cpu * load.rate, "of a core", 100))
        found.append(_row(f"Redis, {load}", small_redis * load.rate, through_redis * load.rate))
    fitted = points.memory(_IDLE_FITTED)
    memory = points.memory(_IDLE_CHECKED)
    title = f"memory of {_IDLE_CHECKED:,} sockets"
    found.append(_row(title, fitted * _IDLE_CHECKED, memory * _IDLE_CHECKED, "MB", 1e-6))
    each = points.stored(5_000, 100)
    log = points.stored(20_000, 100)
    found.append(_row("log of 20,000 events", each * 20_000, log * 20_000, "MB", 1e-6))
    return found


def _row(what: str, predicted: float, measured: float, unit: str = "KB/s", by: float = 1e-3) -> str:
    sign = "%" if unit == "of a core" else ""
    off = predicted / measured - 1
    return f"| {what} | {predicted * by:,.1f}{sign} {unit} | {measured * by:,.1f}{sign} {unit} | {off:+.0%} |"


def main() -> None:
    with Laboratory() as laboratory:
        text = "\n".join(lines(Points(laboratory)))
    print(text)
    if "--write" in sys.argv:
        page = ROOT / "docs" / "scaling.md"
        before, _, rest = page.read_text().partition(_BEGIN)
        page.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{rest.partition(_END)[2]}")


if __name__ == "__main__":
    main()
