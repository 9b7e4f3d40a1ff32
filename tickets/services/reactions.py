"""Reactions to messages."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from realtime.errors import InvalidField
from tickets.errors import TooLate
from tickets.models import Message, Reaction
from tickets.services.operation import clean_text, operation, require_agent, require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_SHORT_NAME = re.compile(r":[a-z0-9_+-]{1,30}:")
_JOINING = ("\u200d", "\ufe0f", "\u20e3")


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
    """Takes a reaction back; where there is none, nothing changes."""
    _require_reader(message, actor)
    row = Reaction.objects.filter(message=message, user=actor, emoji=clean_emoji(emoji)).first()
    if row is not None:
        row.delete()


def _require_reader(message: Message, actor: User) -> None:
    (require_agent if message.is_note else require_sight)(actor, message.ticket)


def clean_emoji(text: str) -> str:
    """One emoji (with what belongs to it), or a short name, ``:tada:``.

    Raises:
        InvalidField: it is something else.
    """
    emoji = clean_text(text, "emoji", most=32)
    if _SHORT_NAME.fullmatch(emoji) or (_has_symbol(emoji) and all(map(_belongs, emoji))):
        return emoji
    raise InvalidField("emoji must be one emoji.", field="emoji")


def _has_symbol(text: str) -> bool:
    return any(
        unicodedata.category(char) in ("So", "Sk", "Sm") or char == "\u20e3" for char in text
    )


def _belongs(char: str) -> bool:
    """Symbols, the digits of keycaps, and what joins and tags emoji."""
    return (
        unicodedata.category(char) in ("So", "Sk", "Sm", "Mn", "Me")
        or char in "0123456789#*"
        or char in _JOINING
        or 0xE0020 <= ord(char) <= 0xE007F
    )
