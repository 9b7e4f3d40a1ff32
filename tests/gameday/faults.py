"""What is taken away on a game day, and how it is given back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.gameday.production import Production

Step = Callable[[Production], None]


@dataclass(frozen=True, slots=True)
class Fault:
    what: str
    part: str
    """The part that the diagnosis must name, and no other."""
    trouble: str
    """What it must say of the part in the end."""
    strike: Step
    repair: Step
    given_back: str


FAULTS = [
    Fault(
        "`kill -9` of server-1 (daphne)",
        "server-1",
        "has died",
        lambda production: production.kill_server("server-1"),
        lambda production: production.start_server("server-1"),
        "started again",
    ),
    Fault(
        "SIGTERM to server-2 (uvicorn), as for a release",
        "server-2",
        "is gone",
        lambda production: production.stop_server("server-2"),
        lambda production: production.start_server("server-2"),
        "started again",
    ),
    Fault(
        "`kill -9` of Redis",
        "Redis",
        "is away",
        lambda production: production.redis.kill(),
        lambda production: production.redis.start(),
        "started again, empty",
    ),
    Fault(
        "Redis stands still (SIGSTOP)",
        "Redis",
        "hangs",
        lambda production: production.redis.stop(),
        lambda production: production.redis.go_on(),
        "goes on (SIGCONT)",
    ),
    Fault(
        "PostgreSQL ends all sessions and lets nobody in",
        "PostgreSQL",
        "is away",
        lambda production: production.forbid_database(),
        lambda production: production.allow_database(),
        "lets them in again",
    ),
    Fault(
        "`kill -9` of the worker",
        "worker",
        "is gone",
        lambda production: production.kill_worker(),
        lambda production: production.start_worker(),
        "started again",
    ),
    Fault(
        "nginx stops",
        "nginx",
        "is away",
        lambda production: production.nginx.stop(),
        lambda production: production.nginx.start(),
        "started again",
    ),
]
