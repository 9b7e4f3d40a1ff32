"""Reactions to messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realtime.errors import InvalidField
from tickets.errors import TooLate
from tickets.models import Message, Reaction
from tickets.services.operation import clean_text, operation, require_agent, require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_SHORT_NAME = re.compile(r":[a-z0-9_+-]{1,30}:")
# Extended_Pictographic of Unicode's emoji-data.txt, which keeps places for the emoji of years to come.
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3\u23f8-\u23fa"
    "\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612\u2614-\u2685\u2690-\u2705\u2708-\u2712\u2714\u2716"
    "\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf"
    "\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f0ff\U0001f10d-\U0001f10f"
    "\U0001f12f\U0001f16c-\U0001f171\U0001f17e\U0001f17f\U0001f18e\U0001f191-\U0001f19a\U0001f1ad-\U0001f1e5"
    "\U0001f201-\U0001f20f\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f23c-\U0001f23f\U0001f249-\U0001f53d"
    "\U0001f546-\U0001f64f\U0001f680-\U0001f6ff\U0001f774-\U0001f77f\U0001f7d5-\U0001f7ff\U0001f80c-\U0001f80f"
    "\U0001f848-\U0001f84f\U0001f85a-\U0001f85f\U0001f888-\U0001f88f\U0001f8ae-\U0001f8ff\U0001f90c-\U0001f93a"
    "\U0001f93c-\U0001f945\U0001f947-\U0001faff]"
)
_SKIN = "[\U0001f3fb-\U0001f3ff]"
_TAGS = "[\U000e0020-\U000e007e]+\U000e007f"
_PART = f"{_PICTURE}\ufe0f?{_SKIN}?\ufe0f?(?:{_TAGS})?"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_EMOJI = re.compile(f"{_PART}(?:\u200d{_PART})*|{_FLAG}|[0-9#*]\ufe0f?\u20e3")
"""One emoji as Unicode's UTS #51 builds them (ED-14 to ED-17): a picture with its skin tone, a keycap, a flag, or several
pictures that are joined into one."""


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
