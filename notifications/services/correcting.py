"""Notifications that quote a text which somebody has changed or taken back.

The rows say what is so now, and so does whatever the log replays of them. E-mails and pushes that wait are written when they are
sent, from the rows; what was sent is a letter delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notifications.models import Notification, Quote
from notifications.registry import Kind, kind_named
from notifications.selectors import settings_of, user_topic
from notifications.services.notify import cut_title
from realtime.log.withdrawing import rewrite

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_TYPES = ("notification.new", "notification.mentioned", "notification.updated")


@transaction.atomic
def correct_quotes(
    *,
    source: str,
    message: str,
    data: Mapping[str, Any],
    may_read: Callable[[User], bool],
) -> None:
    """Has all notifications that quote ``source`` say what it says now, as `notify` would have with this ``message`` and ``data``.

    Who may not read it any more (``may_read``) isn't told what it says: for them it is taken back.
    """
    for quote in _quotes(source):
        reads = may_read(quote.notification.recipient)
        _correct(quote, _Words(message, data) if reads else _Words(None, dict.fromkeys(data, "")))


@transaction.atomic
def withdraw_quotes(*, source: str, keys: Collection[str]) -> None:
    """Has all notifications that quote ``source`` say that it was taken back, and nothing in these ``keys`` of their data."""
    for quote in _quotes(source):
        _correct(quote, _Words(None, dict.fromkeys(keys, "")))


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
            values = {"actor": shown["actor"], **data}
            title = cut_title(kind.title_for(title, shown["count"], values))
            if message is not None:
                message = kind.message_for(message, shown["count"], values)
        if message is None:
            message, data["withdrawn"] = _("This was taken back."), True
        return {"title": title, "message": message, "data": data}


def _quotes(source: str) -> QuerySet[Quote]:
    quotes = Quote.objects.select_for_update(of=("self", "notification")).filter(source=source)
    return quotes.select_related("notification__recipient").order_by("notification")


def _correct(quote: Quote, words: _Words) -> None:
    row = quote.notification
    kind = _kind_of(row)
    with translation.override(settings_of(row.recipient).language or settings.LANGUAGE_CODE):
        if row.count == quote.count:  # it hasn't grown since
            shown = {
                "title": row.title,
                "data": row.data,
                "count": row.count,
                "actor": row.actor.get_username() if row.actor else "",
            }
            for name, value in words.put_into(shown, kind).items():
                setattr(row, name, value)
        rewrite(
            user_topic(row.recipient_id),
            types=_TYPES,
            entity_id=str(row.pk),
            change=lambda event: _rewritten(event, quote, words, kind),
        )
    row.corrected_at = timezone.now()
    row.save(update_fields=["title", "message", "data", "corrected_at"])


def _rewritten(
    event: dict[str, Any], quote: Quote, words: _Words, kind: Kind | None
) -> dict[str, Any]:
    if event.get("count") != quote.count:
        return event
    actor = event["actor"]["username"] if event["actor"] else ""
    return {**event, **words.put_into({**event, "actor": actor}, kind)}


def _kind_of(row: Notification) -> Kind | None:
    try:
        return kind_named(row.kind)
    except LookupError:  # the app that declared it is gone
        return None
