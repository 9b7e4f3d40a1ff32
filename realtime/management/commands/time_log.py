from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from statistics import median
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from django.db.models import F, Max

from realtime.auth.identity import Identity
from realtime.dialects.envelope import envelope
from realtime.feed import Subscription
from realtime.hub import Hub
from realtime.log import reading
from realtime.log.record import Draft, record, record_many
from realtime.models import LogEpoch, StoredEvent, TopicHead
from realtime.monitoring.metrics import metrics
from realtime.outbox import Message, Outbox
from realtime.places import Request
from realtime.registry import registry, topic

_KIND = "time-log:<str:run>"


class Command(BaseCommand):
    """Writes to topics of its own and deletes them at the end; nobody else hears them."""

    help = "Measures the event log on this database: recording, a long resume, the sweep."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--events", type=int, default=10_000, help="of the resume (%(default)s)"
        )
        parser.add_argument("--transactions", type=int, default=300, help="timed (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        kind = topic(_KIND, authorize=lambda user, run: True)
        name = kind.topic(run=uuid4().hex)
        reading.epoch()
        try:
            self._time_recording(name, options["transactions"])
            self._time_resume(f"{name}-resume", options["events"])
            self._time_sweep()
        finally:
            registry.forget_kind(kind)
            _delete(name)

    def _say(self, what: str, seconds: float, more: str = "") -> None:
        self.stdout.write(f"{what:<46} {seconds * 1000:10.2f} ms  {more}".rstrip())

    def _time_recording(self, name: str, times: int) -> None:
        def change(record_too: bool) -> tuple[float, float]:
            """Seconds until the transaction has committed, and of what comes after it."""
            commits: list[float] = []
            began = time.perf_counter()
            with transaction.atomic():
                transaction.on_commit(lambda: commits.append(time.perf_counter()))
                LogEpoch.objects.filter(pk=1).update(value=reading.epoch())
                if record_too:
                    record(name, "log.timed", {"text": "x" * 200})
            return commits[0] - began, time.perf_counter() - commits[0]

        pairs = [(change(False), change(True)) for _ in range(times)]
        without = median(plain[0] for plain, _ in pairs)
        with_event = median(told[0] for _, told in pairs)
        self._say("a transaction that changes a row", without, "median")
        self._say("the same with an event", with_event, "median")
        self._say("recording adds", with_event - without)
        self._say("publishing, after the commit", median(told[1] for _, told in pairs), "median")

    def _time_resume(self, name: str, count: int) -> None:
        data = {"text": "x" * 200}
        record_many([Draft(name, "log.timed", data) for _ in range(count)])
        pages = metrics.pages_read
        seconds = asyncio.run(_resume(name, count))
        self._say(f"a resume of {count:,} events", seconds, f"{metrics.pages_read - pages} queries")

    def _time_sweep(self) -> None:
        mark = reading.current_mark()
        heads = TopicHead.objects.count()
        self._say(
            "a sweep that finds nothing",
            _timed(lambda: reading.moved_since(mark)),
            f"of {heads:,} topics, on {connection.vendor}",
        )


def _delete(name: str) -> None:
    """Deletes what was written, all but the head that moved last of all.

    On SQLite the next that moves is numbered by it: servers that run look for higher numbers. A later run deletes it.
    """
    with transaction.atomic():
        StoredEvent.objects.filter(topic__startswith=name).delete()
        TopicHead.objects.filter(topic__startswith=name).update(floor=F("seq"))
        last = TopicHead.objects.aggregate(last=Max("moved"))["last"] or 0
        done = TopicHead.objects.filter(topic__startswith="time-log:", floor=F("seq"))
        done.filter(moved__lt=last).delete()


def _timed(work: Callable[[], Any]) -> float:
    def once() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return median(once() for _ in range(20))


async def _resume(name: str, count: int) -> float:
    """Seconds from asking until the last event has been sent to one socket."""
    hub = Hub()
    await hub.start()
    socket = _Socket()
    hub.add(socket)
    began = time.perf_counter()
    request = Request(name, envelope, since=0)
    (granted,) = await hub.places.subscribe_all(socket, [request], is_fresh=True)
    assert granted is not None
    hub.begin(granted.subscription)
    while socket.sent < count:
        await asyncio.sleep(0.001)
    seconds = time.perf_counter() - began
    await hub.stop()
    return seconds


class _Socket:
    """A `Subscriber` of the hub whose transport takes everything."""

    def __init__(self) -> None:
        self.identity = Identity(get_user_model()(), None, None, "", 0)
        self.id = self.user_id = ""
        self.subscriptions: dict[Any, Subscription] = {}
        self.outbox = Outbox(self._take, 1_048_576)
        self.sent = 0

    async def _take(self, message: Message) -> None:
        self.sent += 1

    def lost(self, subscription: Subscription) -> None:
        raise AssertionError("nobody takes it away")

    unauthorized = disconnect = restart = refresh = lambda self: None
