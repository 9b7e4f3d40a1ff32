"""Chat in the rooms of channels, projects and tasks."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from examples.projects.models import ChannelMessage
from examples.projects.serializers import MessageSerializer
from realtime import Receipt
from realtime.errors import Conflict, Forbidden, InvalidField

MOST_CHARACTERS = 10_000


class RoomChat:
    """A `realtime.Chat` whose messages belong to a row of one kind: ``channel``, ``project`` or ``task``."""

    def __init__(self, kind: str) -> None:
        self._column = f"{kind}_id"

    def send(
        self, *, user: Any, params: Any, content: str, client_id: str | None, fields: Any
    ) -> Receipt:
        """Stores a message; a retry with the same ``client_id`` gets the first one."""
        _check_length(content)
        try:
            with transaction.atomic():
                message = ChannelMessage.objects.create(
                    **{self._column: params["pk"]},
                    author=user,
                    content=content,
                    client_id=client_id,
                )
        except IntegrityError:
            message = self._said_before(user, params, client_id)
        return _receipt(message)

    def _said_before(self, user: Any, params: Any, client_id: str | None) -> ChannelMessage:
        """What the caller has stored with this ``client_id``."""
        first = ChannelMessage.objects.filter(author=user, client_id=client_id).first()
        if client_id is None or first is None:
            raise Forbidden  # the room is gone
        if getattr(first, self._column) != params["pk"]:
            raise Conflict("This client_id was used in another room.", field="client_id")
        return first

    def edit(self, *, user: Any, params: Any, message_id: str, content: str) -> Receipt:
        _check_length(content)
        with transaction.atomic():
            message = self._own_message(user, params, message_id)
            message.content, message.edited_at = content, timezone.now()
            message.save(update_fields=["content", "edited_at"])
        return _receipt(message)

    def delete(self, *, user: Any, params: Any, message_id: str) -> Receipt:
        message = self._own_message(user, params, message_id)
        data = MessageSerializer(message).data
        message.delete()
        return Receipt(data["seq"], data)

    def _own_message(self, user: Any, params: Any, message_id: str) -> ChannelMessage:
        """The caller's message in this room; anything else looks as if it weren't there."""
        if not (message_id.isascii() and message_id.isdigit() and len(message_id) < 19):
            raise Forbidden("There is no such message of yours in this room.")
        message = ChannelMessage.objects.filter(
            pk=int(message_id), author=user, **{self._column: params["pk"]}
        ).first()
        if message is None:
            raise Forbidden("There is no such message of yours in this room.")
        return message


def _check_length(content: str) -> None:
    if len(content) > MOST_CHARACTERS:
        raise InvalidField(f"content has more than {MOST_CHARACTERS} characters.", field="content")


def _receipt(message: ChannelMessage) -> Receipt:
    # The number is there once the transaction has committed.
    message.refresh_from_db(fields=["seq"])
    return Receipt(message.seq, MessageSerializer(message).data)
