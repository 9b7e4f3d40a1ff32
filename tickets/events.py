"""Events of a ticket's conversation that are told by hand: for code that keeps its messages elsewhere.

The desk's own messages need none of this: they are live. Each function has an ``a…`` twin for async code.
"""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

from asgiref.sync import sync_to_async

import realtime

TicketId = UUID | str


class MessageData(TypedDict, total=False):
    """Fields with these names have these types; others go along as they are."""

    id: str
    client_id: str | None
    kind: str
    content: str
    html: str
    author: Any


def notify_message_new(
    *, ticket_id: TicketId, message_data: MessageData, author_username: str | None = None
) -> None:
    """Tells the room of a ticket that something was said in it."""
    _tell("message.new", ticket_id, message_data, author_username)


def notify_message_edited(
    *, ticket_id: TicketId, message_data: MessageData, editor_username: str | None = None
) -> None:
    _tell("message.edited", ticket_id, message_data, editor_username)


def notify_message_deleted(
    *, ticket_id: TicketId, message_id: str, deleter_username: str | None = None
) -> None:
    _tell("message.deleted", ticket_id, {"id": message_id}, deleter_username)


def _tell(type: str, ticket_id: TicketId, data: MessageData, sender: str | None) -> None:
    realtime.tell(
        f"ticket:{ticket_id}",
        type,
        {"ticket": str(ticket_id), **data},
        form=MessageData,
        entity_id=data.get("id"),
        sender=sender,
    )


anotify_message_new = sync_to_async(notify_message_new)
anotify_message_edited = sync_to_async(notify_message_edited)
anotify_message_deleted = sync_to_async(notify_message_deleted)
