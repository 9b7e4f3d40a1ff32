"""Looks at parts in all kinds of trouble, for the tests of what is made of them."""

from __future__ import annotations

from dataclasses import replace

from tests.gameday.vitals import Look, Vitals

WELL_METRICS = {
    "websocket_active_connections": 12.0,
    "realtime_database_up": 1.0,
    "realtime_redis_up": 1.0,
    "realtime_hints_healthy": 1.0,
    "realtime_sweep_healthy": 1.0,
    "realtime_draining": 0.0,
    "realtime_reaped_processes_total": 0.0,
    "livedesk_workers": 1.0,
    "livedesk_jobs_late_seconds": 0.4,
}
FIRST, SECOND = (Vitals(name, WELL_METRICS) for name in ("server-1", "server-2"))
WELL = Look((FIRST, SECOND))


def but(server: Vitals, *, redis: str = "ok", **metrics: float) -> Vitals:
    """With other metrics."""
    return replace(server, metrics={**server.metrics, **metrics}, redis=redis)


def without(server: Vitals, *names: str) -> Vitals:
    """Without some metrics."""
    left = {name: value for name, value in server.metrics.items() if name not in names}
    return replace(server, metrics=left)


def gone(server: Vitals) -> Vitals:
    """It doesn't answer."""
    return Vitals(server.name)
