"""What can be refused at the desk, beside what the engine names."""

from __future__ import annotations

from realtime.errors import Conflict, Forbidden, RealtimeError


class NotFound(Forbidden):
    """There is none, or the caller can't see it: nobody learns which."""

    code, status, text = "not_found", 404, "There is no such thing here."


class AgentsOnly(Forbidden):
    text = "Only agents of this ticket can do that."


class NotYours(Forbidden):
    text = "Only its author can do that."


class TooLate(Conflict):
    code, text = "too_late", "This can't be changed any more."


class TicketMerged(Conflict):
    code, text = "ticket_merged", "The ticket was merged into another one."


class Stale(RealtimeError):
    """Somebody changed the ticket meanwhile. ``details["current"]`` is the ticket as it is now."""

    code, status, text = "stale", 412, "The ticket has changed since you read it."


class PreconditionRequired(RealtimeError):
    code, status, text = "precondition_required", 428, "Say with If-Match which version you change."


class Collision(Conflict):
    code, text = "collision", "Somebody else has replied meanwhile."
