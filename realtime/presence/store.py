"""What a store of connections must be able to do: a few operations, each atomic over all processes and safe to repeat.

A user is *present* in a room from their first socket there until they are told gone: while a socket is there, and after the
last one until the departure is claimed. Being online is being present in the room `EVERYWHERE`.

A departure that was claimed is owed by its process until that confirms to have told it. If the process dies, it is due again. So
none is lost with an answer that doesn't arrive, and one is told twice only if a process dies between telling and confirming. Who
comes back while it is owed is told online, whether or not the others have heard that they were gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from realtime.presence.peers import Counts, Frames, Peer


class StoreUnavailable(Exception):
    """The store doesn't answer, or not in time. The process goes on with what it knows itself."""


class Departed(NamedTuple):
    """A user who is gone from a room, to be told by whoever claimed it."""

    topic: str
    user_id: str
    username: str
    claim: str


class Operation(msgspec.Struct, frozen=True, tag_field="op", tag=str.lower):
    """Something to be done in the store. ``result`` is the type of what it answers."""


class Renew(Operation, frozen=True):
    """Renews the process's lease, or takes a new one. Answers how many connections are stored for it (int)."""

    process: str
    lease: float


class Note(Operation, frozen=True):
    """Notes how many frames some of the process's connections have received and sent so far, by id. Answers None."""

    process: str
    frames: dict[str, Frames]


class Open(Operation, frozen=True):
    """Stores a connection unless ``limit`` of the user's are open. Answers ``"first"``, ``"more"`` or ``"full"``."""

    process: str
    lease: float
    connection: str
    user_id: str
    username: str
    endpoint: str
    sid: str | None
    address: str
    opened_at: float
    limit: int
    """0: none."""


class Assert(Operation, frozen=True):
    """Stores a connection that is open, with its rooms, if it isn't stored. Answers the rooms that the user is newly present
    in (list of str), none while a store that lost its data is being filled again.
    """

    opening: Open
    topics: list[str]


class Close(Operation, frozen=True):
    """Removes connections; departures are due after ``grace`` seconds. Answers whether there are any (bool)."""

    connections: list[str]
    grace: float


class Join(Operation, frozen=True):
    """Puts a stored connection into a room. Answers whether the user is newly present there (bool)."""

    connection: str
    user_id: str
    username: str
    topic: str


class Leave(Operation, frozen=True):
    """Takes a connection out of a room. Answers whether it was the user's last there (bool); nothing is left to claim."""

    connection: str
    user_id: str
    topic: str


class Depart(Operation, frozen=True):
    """Notes that a user who was told present is gone, unless the store knows better. Answers None."""

    topic: str
    user_id: str
    username: str


class Claim(Operation, frozen=True):
    """Takes the departures that are due: they are the process's to tell, and owed until they are confirmed. Answers a list of
    `Departed`.
    """

    process: str
    claim: str
    """Unique."""


class Owed(Operation, frozen=True):
    """Answers the departures that the process has claimed and not confirmed, whatever became of the answer to the claim."""

    process: str


class Confirm(Operation, frozen=True):
    """These departures were told: nobody will tell them again. Answers None."""

    departures: list[Departed]


class Reap(Operation, frozen=True):
    """Removes some connections of processes whose lease has expired; departures are due at once. Answers how many processes are
    gone by that (int), 0 while there is more to remove; None when nothing was there to remove.
    """


class Stored(Operation, frozen=True):
    """Answers the process's connections and their rooms: a dict of lists."""

    process: str


class Look(Operation, frozen=True):
    """Answers who is present everywhere and in these rooms: a dict of lists of (user_id, username). None if there is no other
    process, unless ``alone_too``.
    """

    process: str
    topics: list[str]
    alone_too: bool


class End(Operation, frozen=True):
    """Gives up the lease of a process that has no connections any more, and what it owes. Answers None."""

    process: str


class Store(Protocol):
    """A place that all processes share. `run` is never called again before the last call has ended or was given up."""

    timeout: float
    """Seconds after which an answer isn't waited for any longer."""
    interval: float
    """Seconds between two renewals, at most."""

    async def run(self, operations: Sequence[Operation]) -> list[Any]:
        """Carries out operations in order, in as few round trips as it can; answers one result for each.

        Raises:
            Exception: the store failed; any of the operations may or may not have been carried out.
        """

    async def members(self, topic: str) -> list[Peer]:
        """Who is present in a room, by name."""

    async def counts(self) -> Counts: ...

    async def close(self) -> None:
        """Lets go of network connections and threads."""
