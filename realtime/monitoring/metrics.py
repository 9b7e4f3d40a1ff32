"""What the engine counts. Plain numbers, so that counting costs nothing on hot paths; `exposition` shows them.

All of it is about this process. There is no label by user or room, on purpose: unbounded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter


class Histogram:
    """Counts of observations by upper bound (inclusive), as Prometheus has them, and their sum."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, *bounds: float) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        """Per bucket, not cumulative; the last is for what is larger than every bound."""
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class Metrics:
    """The numbers of one process since its start. Written on the event loop or under the GIL; add with ``+=``."""

    def __init__(self) -> None:
        self.connections: Counter[str] = Counter(accepted=0)
        """Handshakes by outcome: ``accepted``, or the reason of the refusal (an error's code)."""
        self.active_connections = 0
        self.connection_duration = Histogram(1, 10, 60, 300, 1800, 3600, 14_400, 86_400)
        """Seconds from accept to end."""
        self.closes: Counter[int] = Counter()
        """By close code, those of the server and of the client."""
        self.messages_received = 0
        self.messages_sent = 0
        """Text frames handed to the server's transport, of sockets that are gone: open ones count for themselves."""
        self.frames_dropped: Counter[str] = Counter()
        """Frames that were thrown away: ``rate_limited``, ``malformed``, ``too_large``; of pushes ``push_not_json``, ``push_too_large``; and of
        those for other services ``bridge``."""

        self.events_delivered = 0
        """One for each event and socket."""
        self.delivery_latency = Histogram(
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
        )
        """Seconds from the recording of an event to its hand-out in this process, once per event."""
        self.hints_sent = 0
        self.hints_failed = 0
        self.gap_fills = 0
        self.pages_read = 0
        """Pages of the log that were read for replays."""
        self.sweeps = 0
        self.sweeps_failed = 0
        self.resumes: Counter[bool] = Counter()
        """By whether the log reached back: ``resumes[resumed] += 1``."""

        self.presence_failures = 0
        """Calls to the presence store that failed or timed out; the process goes on with what it knows."""
        self.reaped_processes = 0
        """Dead processes whose connections this process removed."""

    def opened(self) -> None:
        """A socket was accepted."""
        self.connections["accepted"] += 1
        self.active_connections += 1

    def refused(self, reason: str) -> None:
        """A handshake was refused; ``reason`` is the code of the error."""
        self.connections[reason] += 1

    def closed(self, code: int, seconds: float) -> None:
        """A socket that was `opened` has ended after ``seconds``, with this close code."""
        self.active_connections -= 1
        self.closes[code] += 1
        self.connection_duration.observe(seconds)


metrics = Metrics()
