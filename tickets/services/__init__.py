"""What can be done at the desk. Each operation is one function, shared by REST, sockets, admin and automation.

All take keyword arguments only; ``actor`` is who does it, None the desk itself, which may do everything. They raise
`realtime.errors.RealtimeError`, with a stable code, for what is refused.
"""

from tickets.services.assign import assign_ticket, claim_ticket
from tickets.services.attachments import attach_file, delete_attachment
from tickets.services.bulk import change_many
from tickets.services.change import change_ticket
from tickets.services.corrections import delete_message, edit_message, may_edit
from tickets.services.create import create_ticket
from tickets.services.merge import merge_tickets, split_ticket
from tickets.services.messages import add_note, reply
from tickets.services.people import add_participant, remove_participant
from tickets.services.rating import rate_ticket
from tickets.services.reactions import react, unreact
from tickets.services.reading import mark_read
from tickets.services.sla import run_due_sla_checks
from tickets.services.snooze import snooze_ticket, wake_snoozed
from tickets.services.transition import close_resolved, transition_ticket

__all__ = [
    "add_note",
    "add_participant",
    "assign_ticket",
    "attach_file",
    "change_many",
    "change_ticket",
    "claim_ticket",
    "close_resolved",
    "create_ticket",
    "delete_attachment",
    "delete_message",
    "edit_message",
    "mark_read",
    "may_edit",
    "merge_tickets",
    "rate_ticket",
    "react",
    "remove_participant",
    "reply",
    "run_due_sla_checks",
    "snooze_ticket",
    "split_ticket",
    "transition_ticket",
    "unreact",
    "wake_snoozed",
]
