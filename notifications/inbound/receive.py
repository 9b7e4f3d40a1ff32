"""Taking in a reply: finds what it answers and who wrote it, and hands it to the app it is about."""

from __future__ import annotations

import hashlib
import re

import realtime
from notifications.conf import notifications_config
from notifications.inbound.handlers import handler_for
from notifications.inbound.parsing import Email, UnreadableEmail, read_email
from notifications.models import Delivery, InboundMessage, InboundStatus
from realtime.errors import RealtimeError
from realtime.undoing import undoable

_MOST_KEPT = 20_000


class EmailRefused(Exception):
    """The e-mail isn't taken; the text says why, for the log and not for the sender."""


def receive_email(raw: bytes) -> InboundMessage:
    """Takes in one e-mail. The same one again changes nothing.

    Returns its row: accepted, ignored (a robot wrote it) or refused, with the reason and what it said. What the handler stores and the row are one
    transaction, so that a failure in between leaves neither and the e-mail can be read again.

    Raises:
        UnreadableEmail: there is nothing to make a row of.
    """
    if len(raw) > notifications_config().largest_email:
        raise UnreadableEmail("it is too large")
    email = read_email(raw)
    with undoable():
        row, new = InboundMessage.objects.select_for_update().get_or_create(
            message_id=email.message_id,
            defaults={"sender": email.sender[:320], "subject": email.subject},
        )
        if new:
            _take(row, email)
            row.save()
    return row


def _take(row: InboundMessage, email: Email) -> None:
    if email.automatic:
        row.status, row.reason = InboundStatus.IGNORED, "a robot wrote it"
        return
    try:
        delivery = _answered(email)
        row.user, row.target = delivery.user, delivery.notification.target
        with undoable():
            _hand_over(delivery, email)
    except (EmailRefused, RealtimeError) as refusal:
        row.status, row.reason = InboundStatus.REFUSED, str(refusal)
        row.content = _kept(email)
    else:
        row.status = InboundStatus.ACCEPTED


def _kept(email: Email) -> str:
    """What is kept of an e-mail that nobody took: its mailbox may be emptied, and somebody may want to answer it after all."""
    files = [f"[{file.name}]" for file in email.attachments]
    return "\n".join(filter(None, [email.content, *files]))[:_MOST_KEPT]


def _answered(email: Email) -> Delivery:
    """The delivery that an e-mail answers: by its reply address, else by what it says it answers."""
    rows = Delivery.objects.select_related("notification", "user")
    tokens = [token for address in email.recipients if (token := _token_in(address))]
    found = rows.filter(reply_token__in=tokens).first() if tokens else None
    if found is None:
        found = rows.filter(message_id__in=email.references).exclude(message_id="").first()
    if found is None:
        raise EmailRefused("it answers nothing that was sent from here")
    if found.digest:
        raise EmailRefused("it answers a digest")
    if found.user.email.lower() != email.sender:
        raise EmailRefused("it comes from another address than the one that was written to")
    if not found.user.is_active:
        raise EmailRefused("its sender's account is not active any more")
    return found


def _token_in(address: str) -> str:
    local, _at, domain = notifications_config().reply_address.lower().partition("@")
    if not local:
        return ""
    pattern = rf"{re.escape(local)}\+([0-9a-f]{{40}})@{re.escape(domain)}"
    match = re.fullmatch(pattern, address)
    return match[1] if match else ""


def _hand_over(delivery: Delivery, email: Email) -> None:
    handler = handler_for(delivery.notification.target)
    if handler is None:
        raise EmailRefused("nobody takes replies about this")
    if not email.content and not email.attachments:
        raise EmailRefused("it says nothing beside what it quotes")
    with realtime.acting_as(delivery.user):
        handler(
            user=delivery.user,
            answered=delivery.notification,
            content=email.content,
            client_id=_client_id(email.message_id),
            attachments=email.attachments,
        )


def _client_id(message_id: str) -> str:
    """An id of bounded length that is the same for the same e-mail."""
    return f"email-{hashlib.sha256(message_id.encode()).hexdigest()[:40]}"
