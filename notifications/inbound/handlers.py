"""Who takes replies: apps register a function for the targets they know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from notifications.models import Notification


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with an e-mail. The name and the type are only what the sender says."""

    name: str
    content_type: str
    content: bytes


class ReplyHandler(Protocol):
    """Takes a reply to ``answered``, which says what it is about (``target``, ``kind``, ``data``).

    ``client_id`` is the same for the same e-mail. What answers something internal must stay internal.
    """

    def __call__(
        self,
        *,
        user: User,
        answered: Notification,
        content: str,
        client_id: str,
        attachments: Sequence[Attachment],
    ) -> None:
        """Stores the reply as ``user``, who may have lost the right to: check it.

        Raises:
            realtime.errors.RealtimeError: the reply isn't taken; its text is kept as the reason.
        """


_handlers: dict[str, ReplyHandler] = {}


def register_reply_handler(prefix: str, handler: ReplyHandler) -> None:
    """Sends replies about targets ``<prefix>:…`` to ``handler``.

    Raises:
        ValueError: another handler has the prefix.
    """
    if _handlers.get(prefix, handler) is not handler:
        raise ValueError(f"replies about {prefix!r} have a handler already")
    _handlers[prefix] = handler


def handler_for(target: str) -> ReplyHandler | None:
    """Who takes replies about a target, or None."""
    return _handlers.get(target.partition(":")[0])


def takes_replies(target: str) -> bool:
    return handler_for(target) is not None
