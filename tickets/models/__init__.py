"""The rows of the desk."""

from tickets.models.attachment import Attachment
from tickets.models.audit import TicketEvent
from tickets.models.desk import CannedReply, Rating, SavedFilter, Trigger, TriggerEvent
from tickets.models.message import Mention, Message, MessageKind, Reaction, Revision
from tickets.models.people import Participant, ReadPointer, Role
from tickets.models.queue import AutoAssignment, Queue, QueueMember
from tickets.models.sla import Calendar, ClockState, Metric, SLAClock, SLAPolicy, SLATarget
from tickets.models.ticket import NumberAllocation, Priority, Tag, Ticket
from tickets.states import Status

__all__ = [
    "Attachment",
    "AutoAssignment",
    "Calendar",
    "CannedReply",
    "ClockState",
    "Mention",
    "Message",
    "MessageKind",
    "Metric",
    "NumberAllocation",
    "Participant",
    "Priority",
    "Queue",
    "QueueMember",
    "Rating",
    "Reaction",
    "ReadPointer",
    "Revision",
    "Role",
    "SLAClock",
    "SLAPolicy",
    "SLATarget",
    "SavedFilter",
    "Status",
    "Tag",
    "Ticket",
    "TicketEvent",
    "Trigger",
    "TriggerEvent",
]
