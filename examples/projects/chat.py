"""Chat in the rooms of channels, projects and tasks."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

import realtime
from examples.projects.models import ChannelMessage, MessageReaction, RoomPointer
from examples.projects.serializers import MessageSerializer
from realtime import Receipt
from realtime.errors import Forbidden, InvalidField

MOST_CHARACTERS = 10_000
_NO_MESSAGE = "There is no such message in this room, or it isn't yours."


class RoomChat:
    """A `realtime.Chat` whose messages belong to a row of one kind: ``channel``, ``project`` or ``task``."""

    def __init__(self, kind: str) -> None:
        self._kind, self._column = kind, f"{kind}_id"

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
        """What the caller has stored in this room with this ``client_id``."""
        here = ChannelMessage.objects.filter(**{self._column: params["pk"]})
        first = here.filter(author=user, client_id=client_id).first()
        if client_id is None or first is None:
            raise Forbidden  # the room is gone
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
        return Receipt(data["seq"], {**data, "content": ""})

    def react(self, *, user: Any, params: Any, message_id: str, emoji: str) -> Receipt:
        """Adds a reaction; doing it twice changes nothing."""
        _check_emoji(emoji)
        message = self._message(params, message_id)
        MessageReaction.objects.get_or_create(message=message, user=user, emoji=emoji)
        return _receipt(message)

    def unreact(self, *, user: Any, params: Any, message_id: str, emoji: str) -> Receipt:
        message = self._message(params, message_id)
        MessageReaction.objects.filter(message=message, user=user, emoji=emoji).delete()
        return _receipt(message)

    def read(self, *, user: Any, params: Any, seq: int) -> int:
        """Moves the reader's pointer, forward only and no further than there is something."""
        room = f"{self._kind}:{params['pk']}"
        reached = min(seq, int(realtime.Snapshot().position(room)["seq"]))
        with transaction.atomic():
            RoomPointer.objects.get_or_create(room=room, user=user)
            pointer = RoomPointer.objects.select_for_update().get(room=room, user=user)
            if reached > pointer.seq:
                pointer.seq = reached
                pointer.save(update_fields=["seq"])
                data = {"user_id": str(user.pk), "seq": reached}
                realtime.send_to_room(room, "message.read", data)
        return pointer.seq

    def _own_message(self, user: Any, params: Any, message_id: str) -> ChannelMessage:
        """The caller's message in this room; anything else looks as if it weren't there."""
        message = self._message(params, message_id)
        if message.author_id != user.pk:
            raise Forbidden(_NO_MESSAGE)
        return message

    def _message(self, params: Any, message_id: str) -> ChannelMessage:
        if not (message_id.isascii() and message_id.isdigit() and len(message_id) < 19):
            raise Forbidden(_NO_MESSAGE)
        here = ChannelMessage.objects.filter(**{self._column: params["pk"]})
        message = here.filter(pk=int(message_id)).first()
        if message is None:
            raise Forbidden(_NO_MESSAGE)
        return message


def _check_emoji(emoji: str) -> None:
    if emoji.isascii() or any(char.isalpha() or char.isspace() for char in emoji):
        raise InvalidField("emoji must be an emoji.", field="emoji")


def _check_length(content: str) -> None:
    if len(content) > MOST_CHARACTERS:
        raise InvalidField(f"content has more than {MOST_CHARACTERS} characters.", field="content")


def _receipt(message: ChannelMessage) -> Receipt:
    # The number is there once the transaction has committed.
    message.refresh_from_db(fields=["seq"])
    return Receipt(message.seq, MessageSerializer(message).data)
