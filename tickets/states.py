"""The states of a ticket and the one table of legal moves between them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    NEW = "new", _("New")
    OPEN = "open", _("Open")
    PENDING = "pending", _("Pending")
    ON_HOLD = "on_hold", _("On hold")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    MERGED = "merged", _("Merged")


TRANSITIONS: dict[Status, tuple[Status, ...]] = {
    Status.NEW: (Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.RESOLVED, Status.CLOSED),
    Status.OPEN: (Status.PENDING, Status.ON_HOLD, Status.RESOLVED, Status.CLOSED),
    Status.PENDING: (Status.OPEN, Status.ON_HOLD, Status.RESOLVED, Status.CLOSED),
    Status.ON_HOLD: (Status.OPEN, Status.PENDING, Status.RESOLVED, Status.CLOSED),
    Status.RESOLVED: (Status.OPEN, Status.CLOSED),
    Status.CLOSED: (Status.OPEN,),
    Status.MERGED: (),
}
"""What an agent may do. A ticket becomes ``merged`` by being merged into another only, and stays so."""

ACTIVE = (Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD)
"""Somebody still has something to do."""

DONE = (Status.RESOLVED, Status.CLOSED, Status.MERGED)

REOPENED_BY_A_REPLY = (Status.PENDING, Status.ON_HOLD, Status.RESOLVED, Status.CLOSED)
"""A customer's reply makes these open again."""


def legal_moves(status: str, *, as_agent: bool = True) -> list[str]:
    """Where a ticket of this status may go. Customers may say that theirs is solved, or that it isn't."""
    if as_agent:
        return [str(move) for move in TRANSITIONS[Status(status)]]
    if status in ACTIVE:
        return [str(Status.RESOLVED)]
    return [str(Status.OPEN)] if status in (Status.RESOLVED, Status.CLOSED) else []
