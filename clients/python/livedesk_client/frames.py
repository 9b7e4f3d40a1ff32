"""What travels on the socket: the canonical dialect of ``/api/v1/ws/connect``."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any, TypeAlias

Frame: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a room's log: the last number one has, and the log it belongs to."""

    seq: int
    epoch: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    user_id: str
    username: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a message is committed: its number in the room, and the message as REST shows it."""

    seq: int | None
    data: Any


class CloseCode:
    """Close codes of the server; 4001 is 4401 on ``/ws``."""

    MALFORMED = 4400
    UNAUTHORIZED = 4401
    UNAUTHORIZED_LEGACY = 4001
    FORBIDDEN = 4403
    IDLE = 4408
    SLOW_READER = 4409
    TOO_LARGE = 4413
    TOO_MANY = 4429
    SERVER_ERROR = 4500
    RESTARTING = 4503


def new_ref() -> str:
    return secrets.token_hex(6)


def new_client_id() -> str:
    return str(uuid.uuid4())
