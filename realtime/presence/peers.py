"""What is known of those who are connected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

EVERYWHERE: Final = ""
"""The room that every open socket is in: being in it is being online."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A user who is online, or in a room."""

    user_id: str
    username: str


class Frames(NamedTuple):
    """How many text frames a socket has received and sent."""

    received: int
    sent: int


def no_frames() -> Frames:
    """For what isn't a socket."""
    return Frames(0, 0)


@dataclass(frozen=True, slots=True)
class Opening:
    """A socket that is being opened."""

    connection_id: str
    user_id: str
    username: str
    endpoint: str
    """The path that it was opened at."""
    sid: str | None
    address: str
    frames: Callable[[], Frames] = no_frames
    """Answers how many there were so far."""

    @property
    def peer(self) -> Peer:
        return Peer(self.user_id, self.username)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sockets are open over all processes, and how many of each user (by id)."""

    total: int
    by_user: dict[str, int]


PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class LiveConnection:
    """An open socket, of whichever process."""

    id: str
    process: str
    user_id: str
    username: str
    endpoint: str
    address: str
    opened_at: float
    """Unix seconds."""
    frames: Frames
    """As of the last renewal of the process's lease."""
    rooms: tuple[str, ...] | None = None
    """None in a list, which only has their number."""
    room_count: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open sockets: those of a user (by id or name) or an address, and of a process. Empty: all."""

    text: str = ""
    process: str = ""

    def fits(self, connection: LiveConnection) -> bool:
        if self.process not in ("", connection.process):
            return False
        texts = (connection.user_id, connection.username.lower(), connection.address)
        return not self.text or self.text.lower() in texts


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of open sockets, the newest first."""

    connections: list[LiveConnection]
    total: int
    """How many were found, on all pages."""
    processes: dict[str, int]
    """How many each process has, all of them."""
    is_partial: bool = False
    """There are too many to look at all: more may be found when fewer are asked for."""
    store_answers: bool = True
    """If not, these are only those of this process."""


def listing_of(
    connections: Iterable[LiveConnection], wanted: Wanted, page: int, processes: dict[str, int]
) -> Listing:
    """The page of those that are wanted; pages count from 1."""
    found = [connection for connection in connections if wanted.fits(connection)]
    found.sort(key=lambda connection: (-connection.opened_at, connection.id))
    return Listing(found[(page - 1) * PAGE : page * PAGE], len(found), processes)
