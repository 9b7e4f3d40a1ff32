"""The kinds of notification there are: declared by apps in their ``notification_kinds.py``.

A *kind* (``ticket.assigned``) says who gets it, how loud it is, which channels carry it unless the user says otherwise, and
how it reads in the user's language.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.text import capfirst

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Text = str | Promise


class Channel(StrEnum):
    """A way in which a user is told."""

    IN_APP = "in_app"
    EMAIL = "email"
    PUSH = "push"


class Level(StrEnum):
    """How loud a notification is; the ``type`` that clients colour it by."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that notifications quote, in full: who said it, as plain text and as safe HTML, and the names of its files."""

    author: str
    text: str
    html: str
    files: Sequence[str] = ()


Reader = Callable[[Sequence[str], "User"], Sequence[Passage]]
"""From sources (``message:<uuid>``) to what a user may read of what they say now, in the active language."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notification. Made by `register_kind`, which explains the fields."""

    name: str
    label: Text
    audience: Text
    level: Level
    channels: frozenset[Channel]
    mention: bool
    urgent: bool
    title: Text
    message: Text
    bundled_title: Text
    concerns: Callable[[Any], bool]
    in_full: Reader | None

    def title_for(self, given: str, count: int, data: Mapping[str, Any]) -> str:
        """The title in the active language: of a bundle from 2 on, else the kind's own, else the one given, else its label."""
        template = self.bundled_title if count > 1 and self.bundled_title else self.title
        return _filled(template, count, data) or given or str(self.label)

    def message_for(self, given: str, count: int, data: Mapping[str, Any]) -> str:
        """The message in the active language: the kind's own, else the one given."""
        return _filled(self.message, count, data) or given


def _filled(template: Text, count: int, data: Mapping[str, Any]) -> str:
    """A template with its values, or nothing where a value is missing (the caller's text is used then)."""
    try:
        return str(template) % {"count": count, **data}
    except (KeyError, TypeError, ValueError):
        return ""


def _everybody(user: Any) -> bool:
    return True


_kinds: dict[str, Kind] = {}


def register_kind(
    name: str,
    *,
    label: Text = "",
    audience: Text = "",
    level: str = Level.INFO,
    channels: Collection[str] = (Channel.IN_APP, Channel.EMAIL, Channel.PUSH),
    mention: bool = False,
    urgent: bool = False,
    title: Text = "",
    message: Text = "",
    bundled_title: Text = "",
    concerns: Callable[[Any], bool] = _everybody,
    in_full: Reader | None = None,
) -> Kind:
    """Declares a kind of notification, ``"ticket.replied"``.

    ``label`` and ``audience`` ("Participants of the ticket") are shown beside its preferences. ``channels`` are those that
    carry it unless the user chose otherwise. A ``mention`` is told as ``notification.mentioned`` and comes through a muted
    target; an ``urgent`` kind doesn't wait for quiet hours to end or for a digest. ``title``, ``message`` and
    ``bundled_title`` ("%(count)s new replies on #%(number)s") are lazy translations that are filled with ``count``,
    ``actor`` and the notification's ``data``; left empty, the texts given to `notify` are used. ``concerns(user)`` says whether
    a user can ever get it: others don't find it among their preferences. ``in_full(sources, user)`` gives whole what its
    notifications quote: e-mails carry that instead of the ``message``, which remains for lists, pushes and digests.

    Raises:
        ValueError: the name is taken by a different declaration, or the level or a channel is unknown.
    """
    kind = Kind(
        name=name,
        label=label or capfirst(name.replace(".", ": ").replace("_", " ")),
        audience=audience,
        level=Level(level),
        channels=frozenset(Channel(channel) for channel in channels),
        mention=mention,
        urgent=urgent,
        title=title,
        message=message,
        bundled_title=bundled_title,
        concerns=concerns,
        in_full=in_full,
    )
    if _kinds.get(name, kind) != kind:
        raise ValueError(f"the notification kind {name!r} is declared twice")
    _kinds[name] = kind
    return kind


def kind_named(name: str) -> Kind:
    """The kind of this name.

    Raises:
        LookupError: no app declares it.
    """
    if name not in _kinds:
        raise LookupError(f"no notification kind {name!r} is registered; see register_kind")
    return _kinds[name]


def kinds() -> list[Kind]:
    """All declared kinds, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def kinds_for(user: Any) -> list[Kind]:
    """Those that the user can get, by name."""
    return [kind for kind in kinds() if kind.concerns(user)]
