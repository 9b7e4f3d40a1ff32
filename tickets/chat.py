"""Writing into the rooms of a ticket from sockets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from realtime.errors import Forbidden, InvalidField
from realtime.fields import whole_number
from realtime.registry import Receipt
from tickets import services
from tickets.models import Message, MessageKind, Ticket
from tickets.selectors.access import user_works_on
from tickets.selectors.conversation import message_with_details
from tickets.serializers.message import MessageSerializer
from tickets.serializers.representing import shown_by
from tickets.services.messages import find_message

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Params = Mapping[str, Any]


class TicketChat:
    """A `realtime.Chat`. What is sent to the room of the notes is a note."""

    def __init__(self, *, notes: bool) -> None:
        self._notes = notes

    def send(
        self, *, user: User, params: Params, content: str, client_id: str | None, fields: Params
    ) -> Receipt:
        kind = fields.get("kind")
        if kind is None:
            kind = MessageKind.NOTE if self._notes else MessageKind.REPLY
        if kind not in (MessageKind.REPLY, MessageKind.NOTE) or (
            self._notes and kind != MessageKind.NOTE
        ):
            raise InvalidField("kind must be reply or note, and note in this room.", field="kind")
        said: dict[str, Any] = {
            "ticket": _ticket(params),
            "actor": user,
            "content": content,
            "client_id": client_id,
            "in_reply_to": fields.get("in_reply_to"),
            "attachments": fields.get("attachments") or (),
        }
        if kind == MessageKind.NOTE:
            message, _ = services.add_note(**said)
        else:
            seen = whole_number(dict(fields), "last_seen_seq")
            message, _ = services.reply(**said, last_seen_seq=seen)
        return receipt_of(message)

    def edit(self, *, user: User, params: Params, message_id: str, content: str) -> Receipt:
        message = self._message(user, params, message_id)
        return receipt_of(services.edit_message(message=message, actor=user, content=content))

    def delete(self, *, user: User, params: Params, message_id: str) -> Receipt:
        message = self._message(user, params, message_id)
        return receipt_of(services.delete_message(message=message, actor=user))

    def react(self, *, user: User, params: Params, message_id: str, emoji: str) -> Receipt:
        message = self._message(user, params, message_id)
        services.react(message=message, actor=user, emoji=emoji)
        return receipt_of(message)

    def unreact(self, *, user: User, params: Params, message_id: str, emoji: str) -> Receipt:
        message = self._message(user, params, message_id)
        services.unreact(message=message, actor=user, emoji=emoji)
        return receipt_of(message)

    def read(self, *, user: User, params: Params, seq: int) -> int:
        ticket = _ticket(params)
        if self._notes:
            return services.mark_read(ticket=ticket, actor=user, notes_seq=seq).notes_seq
        return services.mark_read(ticket=ticket, actor=user, seq=seq).seq

    def _message(self, user: User, params: Params, message_id: str) -> Message:
        """A message that the user may read; another one looks as if it weren't there.

        Notes can be named in the conversation's room, too: a ticket's own socket is in both.
        """
        ticket = _ticket(params)
        message = find_message(ticket, message_id)
        hidden = message is None or (message.is_note and not user_works_on(user, ticket))
        if message is None or hidden or (self._notes and not message.is_note):
            raise Forbidden("There is no such message in this room.")
        return message


def _ticket(params: Params) -> Ticket:
    ticket = Ticket.objects.filter(pk=params["pk"]).first()
    if ticket is None:
        raise Forbidden
    return ticket


def receipt_of(message: Message) -> Receipt:
    """The message as stored, and its number, which PostgreSQL gives at commit."""
    stored = message_with_details(message.pk)
    return Receipt(stored.seq, shown_by(MessageSerializer)(stored), room=stored.room)
