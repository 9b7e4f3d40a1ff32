"""Addresses of files that need no token for a while: for browsers that follow a link, where REST takes no cookies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core import signing

from tickets.conf import tickets_config
from tickets.errors import NotFound
from tickets.models import Attachment
from tickets.selectors.people import users

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_SALT = "tickets.attachment"


def keyed_address(attachment: Attachment, user: Any) -> str:
    """Where the user downloads the file, as long as they see it."""
    key = signing.dumps([str(user.pk), str(attachment.pk)], salt=_SALT)
    return f"/api/v1/tickets/{attachment.ticket_id}/attachments/{attachment.pk}/?key={key}"


def user_with_key(key: str, attachment_id: UUID) -> User:
    """Whom the key of a file was made for.

    Raises:
        NotFound: it is too old, of another file, or none of ours, or the user is no longer active.
    """
    try:
        user_id, signed_id = signing.loads(
            key, salt=_SALT, max_age=tickets_config().attachment_link_seconds
        )
    except signing.BadSignature:
        raise NotFound from None
    user = users().filter(pk=user_id, is_active=True).first()
    if user is None or signed_id != str(attachment_id):
        raise NotFound
    return user
