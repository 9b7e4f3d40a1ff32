"""Reactions to messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import regex

from realtime.errors import InvalidField
from tickets.errors import TooLate
from tickets.models import Message, Reaction
from tickets.services.operation import clean_text, operation, require_agent, require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_SHORT_NAME = regex.compile(r":[a-z0-9_+-]{1,30}:")
# One emoji as Unicode's UTS #51 builds them: a picture with its skin tone, several that are joined into one, a flag, a keycap.
_PICTURE = r"\p{Extended_Pictographic}\ufe0f?\p{Emoji_Modifier}?\ufe0f?(?:[\U000e0020-\U000e007e]+\U000e007f)?"
_EMOJI = regex.compile(
    rf"{_PICTURE}(?:\u200d{_PICTURE})*|\p{{Emoji_Modifier}}|\p{{Regional_Indicator}}{{2}}|[0-9#*]\ufe0f?\u20e3"
)


@operation
def react(*, message: Message, actor: User, emoji: str) -> Reaction:
    """Adds a reaction; doing it twice changes nothing.

    Raises:
        InvalidField: it is no emoji.
        TooLate: the message was deleted.
    """
    emoji = clean_emoji(emoji)
    _require_reader(message, actor)
    if message.deleted_at is not None:
        raise TooLate
    row, _ = Reaction.objects.get_or_create(message=message, user=actor, emoji=emoji)
    return row


@operation
def unreact(*, message: Message, actor: User, emoji: str) -> None:
    """Takes a reaction back; where there is none, nothing changes.

    Raises:
        InvalidField: it is no emoji.
    """
    _require_reader(message, actor)
    emoji = clean_text(emoji, "emoji", most=32)
    row = Reaction.objects.filter(message=message, user=actor, emoji=emoji).first()
    if row is not None:
        row.delete()
    else:
        clean_emoji(emoji)


def _require_reader(message: Message, actor: User) -> None:
    (require_agent if message.is_note else require_sight)(actor, message.ticket)


def clean_emoji(text: str) -> str:
    """One emoji (with what belongs to it), or a short name, ``:tada:``.

    Raises:
        InvalidField: it is something else.
    """
    emoji = clean_text(text, "emoji", most=32)
    if _SHORT_NAME.fullmatch(emoji) or _EMOJI.fullmatch(emoji):
        return emoji
    raise InvalidField("emoji must be one emoji.", field="emoji")
