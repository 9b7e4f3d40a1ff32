"""From a credential to an identity: access tokens and single-use socket tickets. Synchronous; asks the database."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from realtime.auth.identity import Identity, identity_of, renew, renewed
from realtime.auth.tokens import Claims, read_token
from realtime.conf import config
from realtime.errors import InvalidToken
from realtime.models import SocketTicket

__all__ = [
    "Identity",
    "identify_token",
    "issue_ticket",
    "redeem_ticket",
    "renew",
    "renewed",
]

TICKET_BYTES: Final = 32
MAX_TICKET_CHARS: Final = 200


@sensitive_variables("raw")
def identify_token(raw: str) -> Identity:
    """The identity that an access token speaks for, in one query.

    Raises:
        InvalidToken: it isn't one of ours, or has expired or ended, or its user is gone or inactive.
    """
    return identity_of(read_token(raw, kind="access"))


@sensitive_variables("ticket")
def issue_ticket(identity: Identity) -> str:
    """A ticket that opens one socket as ``identity``, within `config().socket_ticket_seconds`: 256 random bits as text.

    The socket lives no longer than the token that the ticket was asked for with. Tickets that nobody used are swept out here.
    """
    now = timezone.now()
    SocketTicket.objects.filter(expires_at__lt=now).delete()
    ticket = secrets.token_urlsafe(TICKET_BYTES)
    SocketTicket.objects.create(
        digest=_digest(ticket),
        user_id=identity.user.pk,
        sid=identity.sid,
        token_id=identity.token_id,
        token_issued_at=identity.issued_at,
        token_expires_at=identity.expires_at,
        expires_at=now + timedelta(seconds=config().socket_ticket_seconds),
    )
    return ticket


@sensitive_variables("raw")
def redeem_ticket(raw: str) -> Identity:
    """The identity that a ticket speaks for. It works once: of many who try at the same time, one gets in.

    Raises:
        InvalidToken: it is unknown, used or older than `config().socket_ticket_seconds`, or what it was asked for with is dead by now.
    """
    if not isinstance(raw, str) or not 0 < len(raw) <= MAX_TICKET_CHARS or not raw.isascii():
        raise InvalidToken
    row = SocketTicket.objects.filter(digest=_digest(raw)).first()
    if row is None:
        raise InvalidToken
    deleted, _ = SocketTicket.objects.filter(digest=row.digest).delete()
    if not deleted or _is_over(row, datetime.now(UTC)):
        raise InvalidToken
    return identity_of(
        Claims(
            sub=str(row.user_id),
            jti=row.token_id,
            sid=row.sid,
            issued_at=row.token_issued_at,
            expires_at=row.token_expires_at,
        )
    )


def _is_over(row: SocketTicket, now: datetime) -> bool:
    token_is_over = row.token_expires_at is not None and row.token_expires_at <= now.timestamp()
    return row.expires_at <= now or token_is_over


def _digest(ticket: str) -> str:
    """Tickets are random, so a plain hash keeps whoever reads the table from using them."""
    return sha256(ticket.encode()).hexdigest()
