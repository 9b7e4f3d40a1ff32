"""Files of a ticket."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils import timezone

from tickets.conf import tickets_config
from tickets.errors import NotYours, TooLate
from tickets.models import Attachment, Ticket
from tickets.services.operation import (
    operation,
    require_agent,
    require_not_merged,
    require_sight,
)
from tickets.uploads import check_upload

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@operation
def attach_file(
    *, ticket: Ticket, actor: User, name: str, content: bytes, internal: bool = False
) -> Attachment:
    """Stores a file, for a message to take. Images get a thumbnail.

    Raises:
        Forbidden: the actor doesn't see the ticket, or isn't its agent and the file is ``internal``.
        InvalidField, TooLarge: the file isn't taken (see `check_upload`).
    """
    (require_agent if internal else require_sight)(actor, ticket)
    require_not_merged(ticket)
    checked = check_upload(name, content)
    row = Attachment(
        ticket=ticket,
        uploader=actor,
        internal=internal,
        name=checked.name,
        content_type=checked.content_type,
        size=len(content),
        width=checked.width,
        height=checked.height,
    )
    stored: list[tuple[Storage, str]] = []
    try:
        row.file.save("file", ContentFile(content), save=False)
        stored.append((row.file.storage, row.file.name or ""))
        if checked.thumbnail is not None:
            row.thumbnail.save("thumbnail", ContentFile(checked.thumbnail), save=False)
            stored.append((row.thumbnail.storage, row.thumbnail.name or ""))
        row.save(force_insert=True)
    except BaseException:
        for storage, place in stored:
            storage.delete(place)
        raise
    return row


@operation
def delete_attachment(*, attachment: Attachment, actor: User) -> None:
    """Deletes a file that one uploaded, as long as messages can be taken back.

    Raises:
        NotYours: somebody else uploaded it, and the actor is no superuser.
        TooLate: the time is over.
    """
    require_sight(actor, attachment.ticket)
    if attachment.uploader_id != actor.pk and not actor.is_superuser:
        raise NotYours
    limit = timedelta(minutes=tickets_config().edit_minutes)
    if timezone.now() - attachment.created_at > limit and not actor.is_superuser:
        raise TooLate
    attachment.delete()
