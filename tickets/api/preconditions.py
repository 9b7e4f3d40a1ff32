"""Optimistic locking: a ticket's version is its ETag (RFC 9110, section 13.1.1)."""

from __future__ import annotations

import re
from collections.abc import Collection

from rest_framework.request import Request

from tickets.errors import PreconditionRequired
from tickets.models import Ticket

_ETAG = re.compile(r'"(\d{1,10})"')


def etag_of(ticket: Ticket) -> str:
    return f'"{ticket.version}"'


def expected_versions(request: Request, *, required: bool) -> Collection[int] | None:
    """The versions that ``If-Match`` allows; None: any (``*``, or no header where it isn't required).

    A tag that is none of ours matches nothing, as the RFC says.

    Raises:
        PreconditionRequired: there is no such header.
    """
    header = request.headers.get("If-Match", "").strip()
    if not header:
        if required:
            raise PreconditionRequired
        return None
    if header == "*":
        return None
    tags = (_ETAG.fullmatch(part.strip()) for part in header.split(","))
    return {int(tag[1]) for tag in tags if tag}
