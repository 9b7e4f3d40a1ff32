"""Files of a ticket."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from realtime.undoing import on_rollback
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
    _store(row, row.file, content)
    if checked.thumbnail is not None:
        _store(row, row.thumbnail, checked.thumbnail)
    row.save(force_insert=True)
    return row


def _store(row: Attachment, file: FieldFile, content: bytes) -> None:
    """Stores a file of a row that is to be saved; it is deleted again if the row isn't there in the end."""
    file.save("file", ContentFile(content), save=False)
    on_rollback(partial(_delete_orphan, row.pk, file.storage, file.name or ""))


def _delete_orphan(pk: UUID, storage: Storage, place: str) -> None:
    if not Attachment.objects.filter(pk=pk).exists():
        storage.delete(place)


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
