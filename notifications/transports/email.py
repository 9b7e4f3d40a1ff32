"""E-mails: text and HTML, threaded by what they are about, with one-click unsubscribe."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from notifications.conf import from_email, notifications_config
from notifications.inbound.handlers import takes_replies
from notifications.models import Delivery, Notification
from notifications.registry import Passage, kind_named
from notifications.selectors import settings_of
from notifications.transports.base import SendingFailed, Sent
from notifications.unsubscribe import unsubscribe_url

_MOST_PASSAGES = 20
"""Of a bundle that has waited for a night the latest are mailed, the others are where it leads."""
_NOT_IN_MESSAGE_IDS = re.compile(r"[^A-Za-z0-9.-]+")


class EmailTransport:
    """Sends through Django's e-mail backend, on one connection for a batch."""

    def __init__(self) -> None:
        self._connection: Any = None

    def send(self, deliveries: Sequence[Delivery]) -> Sent:
        user = deliveries[0].user
        language = settings_of(user).language or settings.LANGUAGE_CODE
        with translation.override(language):
            message = build_email(deliveries)
        self._send(message)
        return Sent(address=user.email, message_id=message.extra_headers["Message-ID"])

    def _send(self, message: EmailMultiAlternatives) -> None:
        try:
            if self._connection is None:
                self._connection = get_connection(timeout=notifications_config().send_timeout)
                self._connection.open()
            message.connection = self._connection
            message.send()
        except smtplib.SMTPRecipientsRefused as error:
            [(code, text)] = list(error.recipients.values())[:1] or [(0, b"")]
            raise SendingFailed(_said(code, text), for_good=code >= 500) from error
        except smtplib.SMTPResponseException as error:
            self.close()
            raise SendingFailed(_said(error.smtp_code, error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise SendingFailed(f"{type(error).__name__}: {error}") from error
        except ValueError as error:  # a header that can't be written, such as a broken address
            raise SendingFailed(str(error), for_good=True) from error

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _said(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"the mail server said {code} {said}"


def build_email(deliveries: Sequence[Delivery]) -> EmailMultiAlternatives:
    """The e-mail that carries these deliveries of one user: one notification, or a digest of several."""
    first = deliveries[0]
    rows = [delivery.notification for delivery in deliveries]
    as_digest = first.digest
    kind = None if as_digest else rows[0].kind
    context = {
        "product": notifications_config().product_name,
        "base_url": notifications_config().base_url,
        "rows": [{"row": row, "url": link_to(row)} for row in rows],
        "passages": [] if as_digest else _passages(first),
        "audience": "" if kind is None else kind_named(kind).audience,
        "can_reply": not as_digest and reply_address(first) != "",
        "unsubscribe_url": unsubscribe_url(first.user_id, kind),
    }
    name = "digest" if as_digest else "single"
    message = EmailMultiAlternatives(
        subject=_digest_subject(rows) if as_digest else _subject(rows[0]),
        body=render_to_string(f"notifications/email/{name}.txt", context),
        from_email=from_email(),
        to=[first.user.email],
        headers=_headers(
            first, rows[0].target if not as_digest else "", context["unsubscribe_url"]
        ),
    )
    message.attach_alternative(
        render_to_string(f"notifications/email/{name}.html", context), "text/html"
    )
    return message


def _passages(delivery: Delivery) -> Sequence[Passage]:
    """What the notification quotes, whole and as it reads now: all that came since the delivery was queued."""
    row = delivery.notification
    in_full = kind_named(row.kind).in_full
    if in_full is None:
        return []
    quotes = row.quotes.filter(count__gte=delivery.from_count, count__lte=row.count)
    latest = quotes.order_by("-count").values_list("source", flat=True)[:_MOST_PASSAGES]
    return in_full(list(latest), delivery.user)


def _headers(delivery: Delivery, target: str, unsubscribe: Any) -> dict[str, str]:
    """Threading (RFC 5322), one-click unsubscribe (RFC 8058), and what keeps robots from answering (RFC 3834)."""
    domain = _domain()
    headers = {
        "Message-ID": f"<{delivery.pk}@{domain}>",
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if target:
        root = f"<{_NOT_IN_MESSAGE_IDS.sub('-', target)}.thread@{domain}>"
        headers["References"] = headers["In-Reply-To"] = root
    if answer_to := reply_address(delivery):
        headers["Reply-To"] = answer_to
    return headers


def reply_address(delivery: Delivery) -> str:
    """Where an answer to this e-mail goes; empty where answers aren't taken."""
    mailbox = notifications_config().reply_address
    if not mailbox or delivery.digest or not takes_replies(delivery.notification.target):
        return ""
    local, _at, domain = mailbox.partition("@")
    return f"{local}+{delivery.reply_token}@{domain}"


def _domain() -> str:
    return parseaddr(from_email())[1].partition("@")[2] or "localhost"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _subject(row: Notification) -> str:
    return _one_line(str(row.data.get("thread_subject") or row.title))


def _digest_subject(rows: Sequence[Notification]) -> str:
    product = notifications_config().product_name
    if len(rows) == 1:
        return _one_line(f"{product}: {rows[0].title}")
    return _("%(product)s: %(count)d notifications") % {"product": product, "count": len(rows)}


def link_to(row: Notification) -> str:
    """The address of what a notification is about."""
    if row.url.startswith(("http://", "https://")):
        return row.url
    path = row.url if row.url.startswith("/") else f"/{row.url}"
    return f"{notifications_config().base_url}{path}" if row.url else ""
