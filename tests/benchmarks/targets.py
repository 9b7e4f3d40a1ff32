"""What was to be reached, as ratios within one run, and whether it was."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Medians = dict[str, dict[str, float]]
"""Contestant → the medians of its figures, in one scenario."""
Found = dict[str, Medians]
"""Scenario → its medians."""


@dataclass(frozen=True)
class Target:
    """``figure`` finds the number in what was measured, or None; it is to be ``least`` at least, or ``most`` at most."""

    title: str
    figure: Callable[[Found], float | None]
    least: float | None = None
    most: float | None = None
    unit: str = "×"

    def line(self, found: Found) -> str:
        value = self.figure(found)
        bound = f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"
        if value is None:
            return f"| {self.title} | {bound} {self.unit} | not measured | |"
        reached = value >= self.least if self.least is not None else value <= (self.most or 0)
        shown = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
        return f"| {self.title} | {bound} {self.unit} | {shown} {self.unit} | {'yes' if reached else 'no'} |"


def table(found: Found) -> str:
    """Markdown."""
    lines = ["| target | wanted | measured | reached |", "| --- | ---: | ---: | :---: |"]
    return "\n".join([*lines, *(target.line(found) for target in TARGETS)])


def capacity(row: dict[str, float] | None) -> float | None:
    """What one core does in a second: the inverse of the server's CPU time for each.

    The server keeps its core busy in these scenarios, so on an idle machine this is the rate itself; unlike the rate, it doesn't
    change when something else takes the core away for a while.
    """
    return 1e6 / row["server_us"] if row and row.get("server_us") else None


def _stock(found: Found, scenario: str, server: str) -> float | None:
    """The faster of stock's layers on a server."""
    rows = found.get(scenario, {})
    rates = [capacity(rows.get(f"stock-{layer}-{server}")) for layer in ("core", "pubsub")]
    return max((rate for rate in rates if rate is not None), default=None)


def _divided(value: float | None, by: float | None) -> float | None:
    return value / by if value is not None and by else None


def _against_stock(scenario: str, ours: str, server: str) -> Callable[[Found], float | None]:
    return lambda found: _divided(
        capacity(found.get(scenario, {}).get(ours)), _stock(found, scenario, server)
    )


def _against(scenario: str, ours: str, other: str) -> Callable[[Found], float | None]:
    def ratio(found: Found) -> float | None:
        rows = found.get(scenario, {})
        return _divided(capacity(rows.get(ours)), capacity(rows.get(other)))

    return ratio


def _large_room(ours: str) -> Callable[[Found], float | None]:
    return lambda found: _divided(
        capacity(found.get("room5000", {}).get(ours)), capacity(found.get("room500", {}).get(ours))
    )


def _figure(scenario: str, name: str, key: str) -> Callable[[Found], float | None]:
    return lambda found: found.get(scenario, {}).get(name, {}).get(key)


def _memory(server: str) -> Callable[[Found], float | None]:
    def ratio(found: Found) -> float | None:
        rows = found.get("idle", {})
        stock = [rows[n]["bytes"] for n in rows if n.startswith("stock") and n.endswith(server)]
        ours = rows.get(f"ours-{server}", {}).get("bytes")
        return _divided(ours, min(stock, default=None))

    return ratio


def _own_memory(server: str) -> Callable[[Found], float | None]:
    def own(found: Found) -> float | None:
        rows = found.get("idle", {})
        ours, bare = rows.get(f"ours-{server}"), rows.get(f"bare-{server}")
        return ours["bytes"] - bare["bytes"] if ours and bare else None

    return own


def _stalled(name: str) -> Callable[[Found], float | None]:
    return lambda found: _divided(
        found.get("stalled", {}).get(name, {}).get("p99_ms"),
        found.get("calm", {}).get(name, {}).get("p99_ms"),
    )


def _targets() -> list[Target]:
    found = []
    for server, relayed, durable in (("daphne", 8, 5), ("uvicorn", 17, 8)):
        ours, stored = f"ours-{server}", f"ours-stored-{server}"
        found += [
            Target(f"room of 500, relayed, against stock, {server}", _against_stock("room500", ours, server), relayed),
            Target(f"room of 500, durable (SQLite), against stock, {server}", _against_stock("room500", stored, server), durable),
            Target(f"room of 500, durable (PostgreSQL), against stock, {server}", _against_stock("room500", f"{stored}-postgresql", server), durable),
            Target(f"room of 5,000 against the room of 500, {server}", _large_room(ours), 0.5),
            Target(f"250 rooms of 2, relayed, against stock, {server}", _against_stock("pairs", ours, server), 5),
            Target(f"250 rooms of 2, durable (PostgreSQL), against stock, {server}", _against_stock("pairs", f"{stored}-postgresql", server), 2),
            Target(f"connects against stock, {server}", _against_stock("connects", ours, server), 1.5),
            Target(f"memory of an idle socket against stock, {server}", _memory(server), most=1),
            Target(f"the engine's own part of it, {server}", _own_memory(server), most=4096, unit="B"),
            Target(f"each further subscription, {server}", _figure("idle", ours, "further_bytes"), most=400, unit="B"),
            Target(f"durable, PostgreSQL, 100/s: p50, {server}", _figure("durable", f"{stored}-postgresql", "p50_ms"), most=10, unit="ms"),
            Target(f"durable, PostgreSQL, 100/s: p99, {server}", _figure("durable", f"{stored}-postgresql", "p99_ms"), most=50, unit="ms"),
            Target(f"p99 with a stalled reader against without, {server}", _stalled(ours), most=1.5),
        ]  # fmt: skip
    return [
        *found,
        Target("room of 500, relayed, against FastAPI, uvicorn", _against("room500", "ours-uvicorn", "fastapi-uvicorn"), 2),
        Target("room of 500, relayed, against picows, uvicorn", _against("room500", "ours-uvicorn", "picows"), 0.65),
    ]  # fmt: skip


TARGETS = _targets()


def medians(rounds: list[dict[str, Any]]) -> dict[str, float]:
    """The median of each figure over the rounds that have it."""
    keys = dict.fromkeys(key for result in rounds for key in result)
    return {key: statistics.median(r[key] for r in rounds if key in r) for key in keys}
