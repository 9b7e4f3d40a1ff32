"""Replies to notification e-mails become messages of the ticket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from notifications.inbound.handlers import Attachment as EmailAttachment
from notifications.models import Notification
from realtime.errors import Forbidden, RealtimeError
from tickets import services
from tickets.models import Message, Ticket

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def take_reply(
    *,
    user: User,
    answered: Notification,
    content: str,
    client_id: str,
    attachments: Sequence[EmailAttachment],
) -> None:
    """Posts an e-mail into the ticket that it answers; what answers a note is a note.

    Files that aren't taken are named in the message. A ticket that was merged leads to where its conversation goes on.

    Raises:
        RealtimeError: the user may not write there (any more).
    """
    if Message.objects.filter(author=user, client_id=client_id).exists():
        return
    ticket = _ticket_of(answered)
    internal = answered.kind == "ticket.noted" or _is_about_note(answered)
    files, refused = _store(ticket, user, attachments, internal=internal)
    if refused:
        content += "\n\n" + "\n".join(f"*Not taken: {text}*" for text in refused)
    post = services.add_note if internal else services.reply
    post(
        ticket=ticket,
        actor=user,
        content=content,
        client_id=client_id,
        attachments=files,
        by_email=True,
    )


def _ticket_of(answered: Notification) -> Ticket:
    pk = answered.target.partition(":")[2]
    ticket = Ticket.objects.filter(pk=pk).select_related("merged_into").first()
    if ticket is None:
        raise Forbidden("There is no such ticket any more.")
    return ticket.merged_into or ticket


def _is_about_note(answered: Notification) -> bool:
    message_id = answered.data.get("message_id")
    return Message.objects.filter(pk=message_id, kind="note").exists() if message_id else False


def _store(
    ticket: Ticket, user: User, attachments: Sequence[EmailAttachment], *, internal: bool
) -> tuple[list[str], list[str]]:
    stored, refused = [], []
    for file in attachments[:20]:
        try:
            row = services.attach_file(
                ticket=ticket, actor=user, name=file.name, content=file.content, internal=internal
            )
        except RealtimeError as error:
            refused.append(f"{file.name[:100]} ({error})")
        else:
            stored.append(str(row.pk))
    return stored, refused
