"""How far somebody has read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import realtime
from notifications.services import mark_target_read
from tickets.models import ReadPointer, Ticket
from tickets.services.operation import operation, require_agent, require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@operation
def mark_read(
    *, ticket: Ticket, actor: User, seq: int | None = None, notes_seq: int | None = None
) -> ReadPointer:
    """Moves the pointers of the conversation and of the notes, forward only and no further than there is something.

    The rooms hear of it, and what the user was told about the ticket counts as read.

    Raises:
        Forbidden: the actor doesn't see the ticket.
        AgentsOnly: the notes aren't for the actor.
    """
    require_sight(actor, ticket)
    if notes_seq is not None:
        require_agent(actor, ticket)
    ReadPointer.objects.get_or_create(ticket=ticket, user=actor)
    pointer = ReadPointer.objects.select_for_update().get(ticket=ticket, user=actor)
    moved = []
    for name, wanted, room in (
        ("seq", seq, ticket.room),
        ("notes_seq", notes_seq, ticket.notes_room),
    ):
        if wanted is None:
            continue
        reached = min(wanted, int(realtime.Snapshot().position(room)["seq"]))
        if reached > getattr(pointer, name):
            setattr(pointer, name, reached)
            moved.append(name)
            data = {"user_id": str(actor.pk), "seq": reached}
            realtime.send_to_room(room, "message.read", data)
    if moved:
        pointer.save(update_fields=[*moved, "moved_at"])
        mark_target_read(user=actor, target=ticket.room)
    return pointer
