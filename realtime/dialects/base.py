"""What a dialect is: how frames of one endpoint are parsed and written, and what is subscribed at connect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from realtime.commands import Authenticate, Change, Command, History, Join, Leave, Ping
from realtime.errors import RealtimeError
from realtime.events import Event
from realtime.registry import Receipt

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from realtime.feed import Shape


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription implied at connect. One that is ``required`` and refused closes the socket with 4403."""

    topic: str
    shape: Shape
    since: int | None = None
    epoch: str | None = None
    required: bool = True
    member: bool = False
    latest: bool = False
    """Begin with the last event, as for a board."""
    told: bool = False
    """The client is told when it gets it later than at connect, and when it loses it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subscription stands: what ``connected``, ``room_joined`` and ``subscribed`` tell."""

    topic: str
    seq: int
    epoch: str
    resumed: bool

    def as_data(self) -> dict[str, Any]:
        return {"seq": self.seq, "epoch": self.epoch, "resumed": self.resumed}


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the first frame of a connection tells."""

    user_id: str
    username: str
    connection_id: str
    heartbeat_interval: float
    places: Mapping[str, Place]
    members: list[dict[str, str]]


class Dialect(Protocol):
    """One endpoint's language, for one connection."""

    unauthorized_code: ClassVar[int]
    follows_rights: ClassVar[bool]
    """Whether `also_wanted` says anything."""

    def wanted(self) -> list[Wanted]:
        """What the connection hears without asking."""

    def also_wanted(self, user: AbstractBaseUser) -> list[Wanted]:
        """What it hears beyond that as long as the rights of its user, as stored now, allow. Reads the database."""

    def parse(self, frame: dict[str, Any]) -> Command | None:
        """The command in a frame, or None for one that this dialect ignores.

        Raises:
            RealtimeError: what is wrong with it.
        """

    def connected(self, welcome: Welcome) -> str | None: ...

    def joined(
        self, command: Join, place: Place, members: list[dict[str, str]], history: list[Event]
    ) -> str: ...

    def left(self, topic: str, shape: Shape, reason: str, command: Leave | None = None) -> str: ...

    def ack(self, command: Change, receipt: Receipt) -> str | None: ...

    def history(self, command: History, events: list[Event], has_more: bool) -> str: ...

    def pong(self, command: Ping) -> str: ...

    def authenticated(self, command: Authenticate, expires_at: str | None) -> str: ...

    def error(self, error: RealtimeError, frame: dict[str, Any] | None = None) -> str: ...


class DialectClass(Protocol):
    """Makes a dialect for a connection: from its user, the parts of its path and its query."""

    unauthorized_code: int

    def __call__(
        self, user: AbstractBaseUser | None, path: Mapping[str, Any], query: Mapping[str, str]
    ) -> Dialect: ...
