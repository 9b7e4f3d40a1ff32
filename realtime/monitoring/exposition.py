"""The metrics as Prometheus reads them. A registry of our own: nothing of the process's default one is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import redis
from django.db import DatabaseError
from django.db.models import F, Sum
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from realtime import hints
from realtime.conf import config
from realtime.db import drop_broken_connections
from realtime.errors import CloseCode
from realtime.models import TopicHead
from realtime.monitoring.metrics import Histogram, metrics
from realtime.monitoring.questions import Question
from realtime.presence import redis_store
from realtime.process import running_process

if TYPE_CHECKING:
    from realtime.process import Process

_KNOWN_CODES = {
    1000, 1001, 1005, 1006, 1009, 1012, 4001,
    *(code for name, code in vars(CloseCode).items() if name.isupper()),
}  # fmt: skip


class EngineCollector(Collector):
    """Reads `metrics` and the running process when it is asked."""

    def __init__(self, read: list[Metric]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        yield from _sockets()
        yield from _events()
        process = running_process()
        if process is not None:
            yield from _process(process)
        yield from self._read


def registry(read: list[Metric]) -> CollectorRegistry:
    """What to render; ``read`` are the metrics that ask others (`read_metrics`)."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(EngineCollector(read))
    return registry


_more: list[Callable[[], Metric]] = []


def also_show(metric: Callable[[], Metric]) -> Callable[[], Metric]:
    """Decorates a function of an app that makes a metric of its own; it may ask the database."""
    _more.append(metric)
    return metric


def _read() -> list[Metric]:
    drop_broken_connections()
    size = GaugeMetricFamily("realtime_log_events", "Events in the log.", value=log_size())
    return [size, *(metric() for metric in _more)]


_database = Question("metrics", _read)
_redis = Question("redis", redis_store.ping)


async def read_metrics() -> list[Metric]:
    """What the database knows, and whether it and Redis answer: the process's own numbers matter most when they don't."""
    found, redis_answers = await asyncio.gather(_of_the_database(), redis_answer())
    if redis_answers is not None:
        text = "1 while Redis answers."
        found.append(GaugeMetricFamily("realtime_redis_up", text, value=not redis_answers))
    return found


async def _of_the_database() -> list[Metric]:
    try:
        found = await _database.answer()
    except (DatabaseError, TimeoutError):
        found = []
    text = "1 while the database answers."
    return [GaugeMetricFamily("realtime_database_up", text, value=bool(found)), *found]


async def redis_answer() -> str | None:
    """Empty while Redis answers, else the name of the error; None if there is none to ask."""
    if not config().redis_url:
        return None
    try:
        await _redis.answer()
    except (redis.RedisError, OSError) as error:  # a TimeoutError is an OSError
        return type(error).__name__
    return ""


def hints_are_healthy(process: Process | None) -> bool:
    """Whether hints can be sent, and heard where there is somebody to hear them."""
    return hints.sender().healthy and (process is None or process.hub.link.healthy)


def log_size() -> int:
    """How many events the log has, from the heads of topics: no row of the log is touched. Asks the database."""
    kept = TopicHead.objects.aggregate(kept=Sum(F("seq") - F("floor")))["kept"]
    return int(kept or 0)


def _sockets() -> Iterator[Metric]:
    yield _labelled(
        "websocket_connections",
        "Handshakes, by outcome.",
        "status",
        metrics.connections,
    )
    yield GaugeMetricFamily(
        "websocket_active_connections",
        "Open sockets.",
        value=metrics.active_connections,
    )
    yield _counter("websocket_messages_sent", "Text frames sent.", _frames_sent())
    yield _counter("websocket_messages_received", "Frames received.", metrics.messages_received)
    yield _histogram(
        "websocket_connection_duration_seconds",
        "Seconds from accept to end.",
        metrics.connection_duration,
    )
    yield _labelled(
        "realtime_frames_dropped",
        "Frames that were thrown away.",
        "reason",
        metrics.frames_dropped,
    )
    closes: dict[str, int] = {}
    for code, count in list(metrics.closes.items()):
        name = str(code) if code in _KNOWN_CODES else "other"
        closes[name] = closes.get(name, 0) + count
    yield _labelled("realtime_closes", "Ended sockets, by close code.", "code", closes)


def _frames_sent() -> int:
    process = running_process()
    open_ones = process.connections if process is not None else ()
    return metrics.messages_sent + sum(connection.outbox.sent for connection in list(open_ones))


def _events() -> Iterator[Metric]:
    yield _counter(
        "realtime_events_delivered",
        "Events, once for each socket.",
        metrics.events_delivered,
    )
    yield _histogram(
        "realtime_delivery_seconds",
        "Seconds from the recording of an event to its hand-out.",
        metrics.delivery_latency,
    )
    yield _counter("realtime_hints_sent", "Hints to other processes.", metrics.hints_sent)
    yield _counter("realtime_hints_failed", "Hints that were lost.", metrics.hints_failed)
    yield _counter("realtime_gap_fills", "Reads of the log to fill a gap.", metrics.gap_fills)
    yield _counter("realtime_log_pages_read", "Pages of the log for replays.", metrics.pages_read)
    yield _counter("realtime_sweeps", "Looks at what moved.", metrics.sweeps)
    yield _counter("realtime_sweeps_failed", "Looks that failed.", metrics.sweeps_failed)
    resumes = {"true": metrics.resumes[True], "false": metrics.resumes[False]}
    yield _labelled("realtime_resumes", "Subscriptions with since.", "resumed", resumes)
    yield _counter(
        "realtime_presence_failures",
        "Failures of the presence store.",
        metrics.presence_failures,
    )
    yield _counter(
        "realtime_reaped_processes",
        "Dead processes cleaned up.",
        metrics.reaped_processes,
    )


def _process(process: Process) -> Iterator[Metric]:
    unsent = [connection.outbox.unsent for connection in list(process.connections)]
    yield GaugeMetricFamily(
        "realtime_queue_bytes", "Unsent bytes of all sockets.", value=sum(unsent)
    )
    yield GaugeMetricFamily(
        "realtime_queue_bytes_max",
        "Unsent bytes of the slowest reader.",
        value=max(unsent, default=0),
    )
    yield GaugeMetricFamily(
        "realtime_open_topics",
        "Topics that sockets listen to.",
        value=len(process.hub.feeds),
    )
    yield GaugeMetricFamily(
        "realtime_hints_healthy",
        "1 while hints can be sent and heard.",
        value=hints_are_healthy(process),
    )
    yield GaugeMetricFamily(
        "realtime_sweep_healthy",
        "1 while the log can be looked at.",
        value=process.hub.sweeper.healthy,
    )
    yield GaugeMetricFamily(
        "realtime_draining", "1 while the process lets its sockets go.", value=process.draining
    )


def _counter(name: str, text: str, value: int) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _labelled(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in sorted(values.items()):
        family.add_metric([value], count)
    return family


def _histogram(name: str, text: str, histogram: Histogram) -> Metric:
    total = 0
    buckets: list[tuple[str, float]] = []
    for bound, count in zip([*histogram.bounds, "+Inf"], list(histogram.counts), strict=True):
        total += count
        buckets.append((str(bound), total))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=histogram.sum)
