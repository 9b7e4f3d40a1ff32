"""What is measured of each contestant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.contestants import CONTESTANTS, Contestant, with_replay, without_room

_STOCK = ("stock-core-daphne", "stock-pubsub-daphne", "stock-core-uvicorn", "stock-pubsub-uvicorn")
_PUBSUB = ("stock-pubsub-daphne", "stock-pubsub-uvicorn")
_RELAYED = ("ours-daphne", "ours-uvicorn")
_SQLITE = ("ours-stored-daphne", "ours-stored-uvicorn")
_POSTGRESQL = ("ours-stored-daphne-postgresql", "ours-stored-uvicorn-postgresql")
_OTHERS = ("fastapi-uvicorn", "socketio-uvicorn", "picows")
_BARE = ("bare-daphne", "bare-uvicorn")
_ALL = (*_STOCK, *_RELAYED, *_SQLITE, *_POSTGRESQL, *_OTHERS)
_SOME = (*_PUBSUB, *_RELAYED, "fastapi-uvicorn", "picows")

_EVENTS = 10_000
_STORE_EVENTS = f"""
from django.db import transaction
import realtime
for start in range(0, {_EVENTS}, 500):
    with transaction.atomic():
        for n in range(start, start + 500):
            realtime.record("stored:room", "message.new", {{"content": "#%07d" % n + "x" * 100}})
"""


@dataclass(frozen=True)
class Scenario:
    """``order`` is the load's; ``seconds`` of the command line go into it. ``figure`` is the result that is compared."""

    name: str
    title: str
    order: dict[str, Any]
    contestants: tuple[str, ...] = _ALL
    figure: str = "per_second"
    unit: str = "deliveries/s"
    less_is_better: bool = False
    servers: int = 1
    fill: str = ""
    repeated: bool = False
    """Measured in every round; the others in the first."""
    variant: Callable[[Contestant], Contestant] = field(default=lambda contestant: contestant)

    def candidates(self, wanted: list[str] | None) -> list[Contestant]:
        names = [name for name in self.contestants if wanted is None or name in wanted]
        return [self.variant(CONTESTANTS[name]) for name in names]


def _room(sockets: int, rooms: int = 1, **more: Any) -> dict[str, Any]:
    return {"kind": "fan_out", "sockets": sockets, "rooms": rooms, **more}


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in [
        Scenario("room500", "One room of 500 sockets", _room(500), repeated=True),
        Scenario("room5000", "One room of 5,000 sockets", _room(5000, in_flight=4), _SOME),
        Scenario(
            "pairs",
            "250 rooms of 2 sockets",
            _room(500, 250, in_flight=2),
            (*_STOCK, *_RELAYED, *_POSTGRESQL, *_OTHERS),
            repeated=True,
        ),
        Scenario(
            "idle",
            "2,000 idle sockets",
            {"kind": "idle", "sockets": 2000, "more_rooms": 5},
            (*_BARE, *_SOME),
            "bytes",
            "bytes for each",
            less_is_better=True,
        ),
        Scenario(
            "connects",
            "Connections with token and user look-up",
            {"kind": "connects"},
            (*_SOME, "ours-stored-uvicorn-postgresql"),
            unit="connects/s",
            repeated=True,
            variant=without_room,
        ),
        Scenario(
            "calm",
            "Latency in a room of 100 (4 KB messages)",
            _room(100, in_flight=4, size=4096),
            _SOME,
            "p99_ms",
            "ms, p99",
            less_is_better=True,
        ),
        Scenario(
            "stalled",
            "The same with one more that doesn't read",
            _room(100, in_flight=4, size=4096, stalled=1),
            _SOME,
            "p99_ms",
            "ms, p99",
            less_is_better=True,
        ),
        Scenario(
            "durable",
            "100 durable messages a second through a socket, to 10 sockets",
            _room(10, per_second=100),
            (*_SQLITE, *_POSTGRESQL),
            "p50_ms",
            "ms, p50",
            less_is_better=True,
        ),
        Scenario(
            "resume",
            "Resume of 10,000 events",
            {"kind": "resume", "sockets": 3, "events": _EVENTS},
            (*_SQLITE, *_POSTGRESQL),
            unit="events/s",
            fill=_STORE_EVENTS,
            variant=with_replay,
        ),
        Scenario(
            "two",
            "Two processes over Redis: 100 listeners at the one, the speaker at the other",
            _room(100, in_flight=10),
            (*_PUBSUB, *_RELAYED, "ours-stored-uvicorn-postgresql", "fastapi-uvicorn"),
            servers=2,
        ),
    ]
}
