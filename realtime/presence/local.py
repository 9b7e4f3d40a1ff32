"""The connections of this process: what it fills a store with, and all it knows while there is none. No I/O."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from realtime.presence.peers import EVERYWHERE, Counts, Frames, Opening, Peer


@dataclass(slots=True)
class Entry:
    """One of this process's connections and the rooms that it is in."""

    opening: Opening
    opened_at: float = field(default_factory=time.time)
    rooms: set[str] = field(default_factory=set)
    stored: bool = False
    """Whether the store has it, as far as we know."""
    noted: Frames | None = None
    """What the store was told of its frames; None when it may not know."""
    noted_in: int = 0
    """In which renewal that was."""


@dataclass(frozen=True, slots=True)
class Absence:
    """A user who left a room (or everywhere) while the store could not be told."""

    topic: str
    peer: Peer
    tell_at: float
    """When to stop waiting for the store (loop time)."""


class LocalConnections:
    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._by_user: dict[str, set[str]] = {}
        self._absences: dict[tuple[str, str], Absence] = {}

    def add(self, opening: Opening) -> Entry:
        entry = self._entries[opening.connection_id] = Entry(opening)
        self._by_user.setdefault(opening.user_id, set()).add(opening.connection_id)
        return entry

    def get(self, connection_id: str) -> Entry | None:
        return self._entries.get(connection_id)

    def is_in(self, connection_id: str, topic: str) -> bool:
        """Whether the connection counts as a member of a room."""
        entry = self._entries.get(connection_id)
        return entry is not None and topic in entry.rooms

    def remove(self, connection_id: str) -> Entry | None:
        entry = self._entries.pop(connection_id, None)
        if entry is not None:
            theirs = self._by_user[entry.opening.user_id]
            theirs.discard(connection_id)
            if not theirs:
                del self._by_user[entry.opening.user_id]
        return entry

    def entries(self) -> list[Entry]:
        return list(self._entries.values())

    def rooms(self) -> set[str]:
        """The rooms that somebody here is in."""
        return {topic for entry in self._entries.values() for topic in entry.rooms}

    def count_of(self, user_id: str) -> int:
        return len(self._by_user.get(user_id, ()))

    def counts(self) -> Counts:
        by_user = {user_id: len(theirs) for user_id, theirs in list(self._by_user.items())}
        return Counts(sum(by_user.values()), by_user)

    # --- presence, as far as this process knows ---

    def arrives(self, entry: Entry, topic: str) -> bool:
        """Whether an entry's being in a room makes its user present there."""
        came_back = self._absences.pop((topic, entry.opening.user_id), None) is not None
        return not came_back and not self._others(entry, topic)

    def leaves(self, entry: Entry, topic: str) -> bool:
        """Whether nobody of its user is left in a room that an entry has left."""
        return not self._others(entry, topic)

    def note_absences(self, entry: Entry, tell_at: float) -> None:
        """Keeps in mind from where the user has gone with this entry, which has been removed."""
        for topic in (EVERYWHERE, *entry.rooms):
            if self.leaves(entry, topic):
                key = (topic, entry.opening.user_id)
                self._absences[key] = Absence(topic, entry.opening.peer, tell_at)

    def take_absences(self, until: float = float("inf")) -> list[Absence]:
        """Takes the absences that were to be told by then."""
        taken = [absence for absence in self._absences.values() if absence.tell_at <= until]
        for absence in taken:
            del self._absences[absence.topic, absence.peer.user_id]
        return taken

    def present(self, topic: str) -> list[Peer]:
        """Who is in a room, by name."""
        found = {peer.user_id: peer for peer in self._present(topic)}
        return sorted(found.values(), key=lambda peer: peer.username)

    def _present(self, topic: str) -> Iterator[Peer]:
        for absence in self._absences.values():
            if absence.topic == topic:
                yield absence.peer
        for entry in list(self._entries.values()):
            if topic == EVERYWHERE or topic in entry.rooms:
                yield entry.opening.peer

    def _others(self, entry: Entry, topic: str) -> bool:
        others = self._by_user.get(entry.opening.user_id, set()) - {entry.opening.connection_id}
        return any(topic == EVERYWHERE or topic in self._entries[other].rooms for other in others)
