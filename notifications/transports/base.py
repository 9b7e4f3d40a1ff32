"""What a way of sending must be able to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from notifications.models import Delivery


class SendingFailed(Exception):
    """A message didn't get out. ``for_good``: trying again is of no use."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a message went, and its Message-ID where it has one."""

    address: str
    message_id: str = ""


class Transport(Protocol):
    """One way out."""

    def send(self, deliveries: Sequence[Delivery]) -> Sent:
        """Sends deliveries of one user as one message.

        Raises:
            SendingFailed: it didn't get out.
        """
        ...

    def close(self) -> None:
        """Lets go of the connection, after a batch."""
        ...
