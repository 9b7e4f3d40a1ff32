"""Notifications quote messages: they follow when one is edited or taken back, whoever does it."""

from __future__ import annotations

from typing import Any

from notifications.services import correct_quotes, withdraw_quotes
from realtime.capture.observing import Observer, observe
from tickets.models import Attachment, Message
from tickets.quoting import excerpt_of, source_of
from tickets.selectors.access import users_who_can_see, users_who_work_on


class Requoter(Observer):
    """Observes messages."""

    def changed(self, pairs: list[tuple[Any, Any]]) -> None:
        for old, new in pairs:
            if _said(old) != _said(new):
                _requote(new)

    def deleted(self, rows: list[Any]) -> None:
        for row in rows:
            _withdraw(row)


class FileRequoter(Observer):
    """Observes files: a message that is only files is quoted by their names."""

    def deleted(self, rows: list[Any]) -> None:
        ids = {row.message_id for row in rows}
        for message in Message.objects.filter(pk__in=ids, content="", deleted_at=None):
            (_requote if message.attachments.exists() else _withdraw)(message)


def _said(message: Message) -> str | None:
    return None if message.deleted_at else message.content


def _requote(message: Message) -> None:
    if message.deleted_at:
        _withdraw(message)
        return
    excerpt = excerpt_of(message)
    readers = users_who_work_on if message.is_note else users_who_can_see
    correct_quotes(
        source=source_of(message),
        message=excerpt,
        data={"excerpt": excerpt},
        readers=lambda users: readers(message.ticket, users),
    )


def _withdraw(message: Message) -> None:
    withdraw_quotes(source=source_of(message), keys=["excerpt"])


def observe_changes() -> None:
    """Begins to follow."""
    observe(Message, Requoter())
    observe(Attachment, FileRequoter())
