"""What writers were promised and readers were told, and whether it agrees with the log. Pure: no clock, no I/O.

Feed it while a run goes on (`heard`, `acknowledged`), give it the log at the end (`log`), and ask for `violations`. Contents are
kept as digests in arrays, so that a run of a million deliveries fits into memory.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import msgspec

Envelope = dict[str, Any]
"""An event as the log shows it over REST."""

_encoder = msgspec.json.Encoder(order="sorted")


class Fault(StrEnum):
    LOST = "lost"
    REPEATED = "repeated"
    OUT_OF_ORDER = "out of order"
    ALTERED = "altered"
    LEAKED = "leaked"
    INVENTED = "invented"
    """Told, or written, though it isn't in the log or nobody asked for it."""
    REFUSED = "refused"
    """A resume was refused though the log reaches back, or a room though the reader may hear it."""
    WRITE_LOST = "acknowledged write lost"
    WRITE_REPEATED = "write repeated"
    WRITE_ALTERED = "write altered"
    """What the log says of an acknowledged write isn't what was acknowledged."""


@dataclass(frozen=True, slots=True)
class Violation:
    fault: Fault
    who: str
    """The reader, the writer's ``client_id``, or ``log``."""
    room: str
    detail: str

    def __str__(self) -> str:
        return f"{self.fault}: {self.who} in {self.room}: {self.detail}"


def digest(content: Any) -> int:
    """64 bits of a JSON value, whatever the order of its keys."""
    return int.from_bytes(blake2b(_encoder.encode(content), digest_size=8).digest(), "big")


class Thread:
    """What one reader was told in one room, checked for order as it comes."""

    __slots__ = ("_digests", "_late", "_repeated", "missing")

    def __init__(self) -> None:
        self._digests = array("Q")
        """By number: at index 0 that of event 1. 0 where nothing was told (yet)."""
        self.missing: set[int] = set()
        self._late: list[int] = []
        self._repeated: list[int] = []

    @property
    def last(self) -> int:
        """The highest number that was told."""
        return len(self._digests)

    def add(self, seq: int, content: Any) -> None:
        for skipped in range(self.last + 1, seq):
            self.missing.add(skipped)
            self._digests.append(0)
        if seq == self.last + 1:
            self._digests.append(digest(content))
        elif seq in self.missing:
            self.missing.discard(seq)
            self._late.append(seq)
            self._digests[seq - 1] = digest(content)
        else:
            self._repeated.append(seq)

    def faults(self, truth: Iterable[int], *, up_to: int) -> Iterable[tuple[Fault, str]]:
        """Against the digests of the log; what comes after ``up_to`` needn't have been told."""
        expected = list(truth)
        yield from ((Fault.REPEATED, f"number {seq}") for seq in self._repeated)
        yield from ((Fault.OUT_OF_ORDER, f"number {seq}") for seq in self._late)
        lost = sorted(self.missing | set(range(self.last + 1, min(up_to, len(expected)) + 1)))
        yield from ((Fault.LOST, f"number {seq}") for seq in lost)
        for number, told in enumerate(self._digests, start=1):
            if number > len(expected):
                yield Fault.INVENTED, f"number {number}: the log ends at {len(expected)}"
            elif number not in self.missing and told != expected[number - 1]:
                yield Fault.ALTERED, f"number {number}"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a writer was told of its write."""

    room: str
    seq: int
    message: str
    """The id of the message."""
    content: str


@dataclass(slots=True)
class _Reader:
    rooms: frozenset[str]
    shown: Callable[[Envelope], Any]
    """An event of the log as this reader's endpoint shows it."""
    threads: dict[str, Thread]
    withdrawn: dict[str, int]


class History:
    def __init__(self) -> None:
        self._readers: dict[str, _Reader] = {}
        self._acknowledged: dict[str, Acknowledgement] = {}
        self._asked_for: set[str] = set()
        self._logs: dict[str, list[Envelope]] = {}
        self._found: list[Violation] = []
        self.deliveries = 0
        self.heads: dict[str, int] = {}
        """The highest number of each room that anybody was told of."""

    # --- during the run ---

    def reader(
        self, name: str, rooms: Collection[str], shown: Callable[[Envelope], Any] = lambda e: e
    ) -> None:
        """Announces a reader, and the rooms that it may hear and will stay in until the end."""
        self._readers[name] = _Reader(
            frozenset(rooms), shown, {room: Thread() for room in rooms}, {}
        )

    def heard(self, reader: str, room: str, seq: int, content: Any) -> None:
        """A durable event arrived at a reader."""
        self.deliveries += 1
        self._see(room, seq)
        found = self._readers[reader]
        if room not in found.rooms:
            self._note(Fault.LEAKED, reader, room, f"number {seq}")
        elif seq < 1:
            self._note(Fault.INVENTED, reader, room, f"number {seq}")
        else:
            found.threads[room].add(seq, content)

    def refused(self, reader: str, room: str, detail: str) -> None:
        """A reader was told that it can't have what it may have."""
        self._note(Fault.REFUSED, reader, room, detail)

    def withdrawn(self, reader: str, room: str, *, after: int) -> None:
        """The reader lost its right to a room: with event ``after`` at the latest it had gone, for good."""
        self._readers[reader].withdrawn[room] = after

    def left(self, reader: str) -> None:
        """The reader has gone by itself: what comes from now on, it needn't have been told."""
        found = self._readers[reader]
        for room, thread in found.threads.items():
            found.withdrawn.setdefault(room, thread.last)

    def asked_for(self, client_id: str) -> None:
        """A writer is about to write; whether it will be acknowledged is open."""
        self._asked_for.add(client_id)

    def acknowledged(self, client_id: str, acknowledgement: Acknowledgement) -> None:
        """A write was acknowledged, the first time or to a retry."""
        self._see(acknowledgement.room, acknowledgement.seq)
        first = self._acknowledged.setdefault(client_id, acknowledgement)
        if first != acknowledgement:
            detail = f"acknowledged as {first}, then as {acknowledgement}"
            self._note(Fault.WRITE_REPEATED, client_id, acknowledgement.room, detail)

    def last(self, reader: str, room: str) -> int:
        """The highest number that a reader was told in a room: where it resumes."""
        return self._readers[reader].threads[room].last

    @property
    def writes(self) -> int:
        return len(self._acknowledged)

    # --- at the end ---

    def log(self, room: str, events: list[Envelope]) -> None:
        """The whole log of a room, as REST shows it."""
        self._logs[room] = events

    def rooms(self) -> set[str]:
        """The rooms whose log is needed."""
        heard = {room for reader in self._readers.values() for room in reader.rooms}
        return heard | {ack.room for ack in self._acknowledged.values()}

    def length_of(self, room: str) -> int:
        return len(self._logs[room])

    def violations(self) -> list[Violation]:
        found = list(self._found)
        for room, events in self._logs.items():
            found += self._of_log(room, events)
        for name, reader in self._readers.items():
            found += self._of_reader(name, reader)
        return [*found, *self._of_writes()]

    def _of_log(self, room: str, events: list[Envelope]) -> Iterable[Violation]:
        numbers = [event["seq"] for event in events]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Violation(Fault.LOST, "log", room, "the log's own numbers have gaps or repeats")
        for id, times in Counter(event["id"] for event in events).items():
            if times > 1:
                yield Violation(Fault.REPEATED, "log", room, f"{id} {times} times")

    def _of_reader(self, name: str, reader: _Reader) -> Iterable[Violation]:
        for room, thread in reader.threads.items():
            truth = [digest(reader.shown(event)) for event in self._logs[room]]
            end = reader.withdrawn.get(room)
            if end is not None and thread.last > end:
                detail = f"number {thread.last}, after it was put out with {end}"
                yield Violation(Fault.LEAKED, name, room, detail)
            needed = len(truth) if end is None else 0
            for fault, detail in thread.faults(truth, up_to=needed):
                yield Violation(fault, name, room, detail)

    def _of_writes(self) -> Iterable[Violation]:
        written: dict[str, list[Acknowledgement]] = {}
        for room, events in self._logs.items():
            for event in events:
                if event["type"] == "message.new" and event["data"].get("client_id"):
                    written.setdefault(event["data"]["client_id"], []).append(_told_of(room, event))
        for client_id, ack in self._acknowledged.items():
            found = written.get(client_id, [])
            if not found:
                yield Violation(Fault.WRITE_LOST, client_id, ack.room, f"number {ack.seq}")
            elif ack not in found:
                detail = f"acknowledged as {ack}, written as {found[0]}"
                yield Violation(Fault.WRITE_ALTERED, client_id, ack.room, detail)
        for client_id, found in written.items():
            if len(found) > 1:
                detail = f"numbers {[each.seq for each in found]}"
                yield Violation(Fault.WRITE_REPEATED, client_id, found[0].room, detail)
            if client_id not in self._asked_for:
                yield Violation(Fault.INVENTED, client_id, found[0].room, "nobody wrote this")

    def _see(self, room: str, seq: int) -> None:
        self.heads[room] = max(seq, self.heads.get(room, 0))

    def _note(self, fault: Fault, who: str, room: str, detail: str) -> None:
        self._found.append(Violation(fault, who, room, detail))


def _told_of(room: str, event: Envelope) -> Acknowledgement:
    data = event["data"]
    return Acknowledgement(room, event["seq"], str(data["id"]), data["content"])
