"""Notifications that quote a text which somebody has changed or taken back.

The rows say what is so now, and so does whatever the log replays of them. E-mails and pushes that wait are written when they are
sent, from the rows; what was sent is a letter delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notifications.models import Notification, Quote
from notifications.registry import Kind, kind_named
from notifications.selectors import languages_of, name_of, user_topic
from notifications.services.notify import cut_title
from realtime.log.withdrawing import Rewriting, rewrite

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.models import User

_TYPES = ("notification.new", "notification.mentioned", "notification.updated")
_AT_ONCE = 100
"""Rows of one statement."""


@transaction.atomic
def correct_quotes(
    *,
    source: str,
    message: str,
    data: Mapping[str, Any],
    readers: Callable[[Collection[User]], Iterable[User]],
) -> None:
    """Has all notifications that quote ``source`` say what it says now, as `notify` would have with this ``message`` and ``data``.

    ``readers`` gives those of some users who may read it still. The others aren't told what it says: for them it is taken back.
    """
    quotes = _quotes(source)
    if not quotes:
        return
    recipients = {quote.notification.recipient for quote in quotes}
    may_read = {user.pk for user in readers(recipients)}
    said, gone = _Words(message, data), _taken_back(data)
    _correct(quotes, lambda quote: said if quote.notification.recipient_id in may_read else gone)


@transaction.atomic
def withdraw_quotes(*, source: str, keys: Collection[str]) -> None:
    """Has all notifications that quote ``source`` say that it was taken back, and nothing in these ``keys`` of their data."""
    gone = _taken_back(keys)
    _correct(_quotes(source), lambda quote: gone)


@dataclass(frozen=True, slots=True)
class _Words:
    """What a quoted text says now."""

    message: str | None
    """None: it was taken back."""
    data: Mapping[str, Any]

    def put_into(self, shown: Mapping[str, Any], kind: Kind | None) -> dict[str, Any]:
        """The ``title``, ``message`` and ``data`` of what was shown with ``actor`` and ``count``, in the active language."""
        data = {**shown["data"], **self.data}
        data.pop("withdrawn", None)
        title, message = shown["title"], self.message
        if kind is not None:
            values = {"actor": name_of(shown["actor"]), **data}
            title = cut_title(kind.title_for(title, shown["count"], values))
            if message is not None:
                message = kind.message_for(message, shown["count"], values)
        if message is None:
            message, data["withdrawn"] = _("This was taken back."), True
        return {"title": title, "message": message, "data": data}


def _taken_back(keys: Iterable[str]) -> _Words:
    return _Words(None, dict.fromkeys(keys, ""))


def _quotes(source: str) -> list[Quote]:
    """Those of the source, with their notifications, which are locked in the order in which `notify` locks them."""
    quotes = Quote.objects.select_for_update(of=("self", "notification")).filter(source=source)
    found = quotes.select_related("notification__recipient", "notification__actor").order_by(
        "notification__recipient_id", "-notification__last_at", "pk"
    )
    rows: dict[UUID, Notification] = {}
    for quote in found:  # a notification may quote a text at several of its sizes
        quote.notification = rows.setdefault(quote.notification_id, quote.notification)
    return list(found)


def _correct(quotes: Collection[Quote], words_for: Callable[[Quote], _Words]) -> None:
    rows = {quote.notification_id: quote.notification for quote in quotes}
    languages = languages_of({row.recipient_id for row in rows.values()})
    rewritings = []
    for quote in quotes:
        row = quote.notification
        correction = _Correction(
            quote, words_for(quote), languages[row.recipient_id], _kind_of(row)
        )
        if row.count == quote.count:  # it hasn't grown since
            correction.put_into(row)
        rewritings.append(
            Rewriting(user_topic(row.recipient_id), str(row.pk), correction.of_event, since=row.seq)
        )
        row.corrected_at = timezone.now()
    rewrite(rewritings, types=_TYPES)
    Notification.objects.bulk_update(
        rows.values(), ["title", "message", "data", "corrected_at"], batch_size=_AT_ONCE
    )


@dataclass(frozen=True, slots=True)
class _Correction:
    """What becomes of what one quote was shown as, in its reader's language."""

    quote: Quote
    words: _Words
    language: str
    kind: Kind | None

    def put_into(self, row: Notification) -> None:
        shown = {
            "title": row.title,
            "data": row.data,
            "count": row.count,
            "actor": row.actor and row.actor.get_username(),
        }
        for name, value in self._put_into(shown).items():
            setattr(row, name, value)

    def of_event(self, event: dict[str, Any]) -> dict[str, Any]:
        """The data of an event about the notification, from now on."""
        if event.get("count") != self.quote.count:
            return event
        actor = event["actor"] and event["actor"]["username"]
        return {**event, **self._put_into({**event, "actor": actor})}

    def _put_into(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        with translation.override(self.language):
            return self.words.put_into(shown, self.kind)


def _kind_of(row: Notification) -> Kind | None:
    try:
        return kind_named(row.kind)
    except LookupError:  # the app that declared it is gone
        return None
