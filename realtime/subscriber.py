"""What the hub needs of a socket. A `Connection` is one, and so is a listener over HTTP; tests make their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from realtime.auth.credentials import Identity
    from realtime.feed import Subscription
    from realtime.frames import Bundle


class Outlet(Protocol):
    """Where texts for one socket go."""

    @property
    def is_open(self) -> bool: ...

    def push(self, text: str) -> None:
        """Queues a text frame. Bounded: past the bound the socket is closed, and nothing is raised."""

    def deliver_all(self, bundle: Bundle) -> None:
        """`push` of texts that go to many sockets, as the messages that they share."""

    async def room(self) -> bool:
        """Waits until the queue has room for a replay; False when the socket is closed."""


class Subscriber(Protocol):
    """A socket, seen from the hub. All methods are called on the event loop and return at once."""

    id: str
    """Of the connection; empty for what has none."""
    user_id: str
    identity: Identity
    subscriptions: dict[Any, Subscription]
    """All that stand in feeds, by their keys. `Places` puts them here, `Hub.unsubscribe` takes them out."""

    @property
    def outbox(self) -> Outlet: ...

    def lost(self, subscription: Subscription) -> None:
        """The user may no longer hear this topic; the subscription has ended."""

    def unauthorized(self) -> None:
        """The login has ended or the user is inactive: tell and close."""

    def disconnect(self) -> None:
        """Somebody wants this user's sockets closed."""

    def restart(self) -> None:
        """Ask the client to come back: the log was rebuilt, or pruned past what it has heard, or the server stops."""

    def refresh(self) -> None:
        """What the user hears without asking may have changed: look again."""
