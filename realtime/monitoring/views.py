"""Health checks and metrics, for load balancers and monitors: no credentials, no secrets.

Asynchronous, so that they read the process's sockets on the event loop that changes them.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from realtime import hints
from realtime.db import in_pool
from realtime.monitoring import exposition
from realtime.monitoring.metrics import metrics
from realtime.presence.selectors import connection_counts
from realtime.process import Process, running_process
from realtime.rest.errors import read_only


@read_only
@never_cache
async def health(request: HttpRequest) -> HttpResponse:
    """The server is up."""
    return JsonResponse({"status": "ok"})


@read_only
@never_cache
async def redis_health(request: HttpRequest) -> HttpResponse:
    """Whether Redis answers: 200, or 503 where it is configured and doesn't. Delivery goes on without it."""
    error = await exposition.redis_answer()
    if error is None:
        return JsonResponse({"status": "not configured"})
    if error:
        return JsonResponse({"status": "down", "error": error, "delivery": "sweep"}, status=503)
    return JsonResponse({"status": "ok", "delivery": _delivery()})


@read_only
@never_cache
async def socket_health(request: HttpRequest) -> HttpResponse:
    """Open sockets over all processes, in all and by user id, and in this process; what works in part only."""
    process = running_process()
    troubles = _troubles(process)
    counts = await (process.registry.counts() if process else in_pool(connection_counts))
    return JsonResponse(
        {
            "status": _status(process, troubles),
            "troubles": troubles,
            "connections": counts.total,
            "users": len(counts.by_user),
            "by_user": counts.by_user,
            "this_process": metrics.active_connections,
        }
    )


@read_only
@never_cache
async def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics of this process."""
    registry = exposition.registry(await exposition.read_metrics())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _status(process: Process | None, troubles: list[str]) -> str:
    if process is not None and process.draining:
        return "draining"
    return "degraded" if troubles else "ok"


def _troubles(process: Process | None) -> list[str]:
    """``hints``: other processes hear by the sweep only. ``sweep``: the database didn't answer the last look."""
    troubles = []
    if not exposition.hints_are_healthy(process):
        troubles.append("hints")
    if process is not None and not process.hub.sweeper.healthy:
        troubles.append("sweep")
    return troubles


def _delivery() -> str:
    """How other processes hear of an event: by hints, or (after a failure, for a moment) by the sweep alone."""
    return "hints" if hints.sender().healthy else "sweep"
