"""Who hears what of the desk.

``ticket:<uuid>`` is the conversation, ``ticket-notes:<uuid>`` the internal side of it, ``queue:<slug>`` all tickets of a queue,
``desk:<user id>`` the tickets that a user sees otherwise than through a queue: so nobody hears of one change twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

import realtime
from tickets import audit, outlets, requoting, sla
from tickets.chat import TicketChat
from tickets.models import (
    Attachment,
    Message,
    Participant,
    Queue,
    QueueMember,
    Rating,
    Reaction,
    SLAClock,
    Ticket,
)
from tickets.models.ticket import FOLLOWING_FIELDS
from tickets.search import index
from tickets.selectors.access import (
    hears_queue,
    queues_of,
    tickets_visible_to,
    tickets_worked_on_by,
)
from tickets.selectors.people import contacts_of, outsiders_of, superusers
from tickets.selectors.stats import dashboard_stats
from tickets.serializers.attachment import AttachmentSerializer
from tickets.serializers.desk import RatingSerializer
from tickets.serializers.message import MessageSerializer, ReactionSerializer
from tickets.serializers.people import ParticipantSerializer
from tickets.serializers.representing import shown_by
from tickets.serializers.stats import DashboardSerializer
from tickets.serializers.ticket import (
    AgentTicketSerializer,
    SLAClockSerializer,
    TicketActivitySerializer,
    TicketSerializer,
)

# --- rooms ---


def _can_see(user: Any, pk: UUID) -> bool:
    return tickets_visible_to(user).filter(pk=pk).exists()


def _works_on(user: Any, pk: UUID) -> bool:
    return tickets_worked_on_by(user).filter(pk=pk).exists()


def _rooms(ticket_id: Any) -> list[str]:
    return [f"topic:ticket:{ticket_id}", f"topic:ticket-notes:{ticket_id}"]


_depends_on = [
    realtime.Dependency(
        Ticket, scopes=lambda row: _rooms(row.pk), fields={"assignee", "requester", "queue"}
    ),
    realtime.Dependency(Participant, scopes=lambda row: _rooms(row.ticket_id)),
]
_membership = realtime.Dependency(
    QueueMember,
    scopes=lambda row: [f"user:{row.user_id}"],
    fields={"queue", "user"},
    on_create=True,
)
_queues = realtime.Dependency(
    # Superusers hear all queues: a new one is theirs as well.
    Queue,
    scopes=lambda row: [f"topic:queue:{row.slug}", *(f"user:{pk}" for pk in superusers())],
    fields={"slug"},
    on_create=True,
)

realtime.topic(
    "ticket:<uuid:pk>", authorize=_can_see, chat=TicketChat(notes=False), depends_on=_depends_on
)
realtime.topic(
    "ticket-notes:<uuid:pk>", authorize=_works_on, chat=TicketChat(notes=True), bridged=False
)
realtime.topic("queue:<slug:slug>", authorize=hears_queue, depends_on=[_membership, _queues])
realtime.topic(
    "desk:<str:user_id>",
    authorize=lambda user, user_id: str(user.pk) == user_id,
    members=False,
)


@realtime.personal_topics
def _own_topics(user: Any) -> Iterable[str]:
    yield from (f"queue:{slug}" for slug in queues_of(user).values_list("slug", flat=True))
    yield f"desk:{user.pk}"
    if user.is_staff:
        yield "dashboard"


realtime.presence_audience(contacts_of)

realtime.board(
    "dashboard",
    type="dashboard.update",
    compute=dashboard_stats,
    authorize=lambda user: user.is_staff,
    watches=["queue:"],
    alias="dashboard.update",
    schema=DashboardSerializer,
)


# --- tickets ---

sla.observe_changes()


def _ticket_topics(ticket: Ticket) -> list[str]:
    return [ticket.room, *_list_topics(ticket)]


def _list_topics(ticket: Ticket) -> list[str]:
    concerned = (ticket.pk, ticket.queue_id, ticket.requester_id, ticket.assignee_id)
    if concerned not in ticket.outsiders:
        ticket.outsiders[concerned] = outsiders_of(ticket)
    desks = (f"desk:{user_id}" for user_id in ticket.outsiders[concerned])
    return [f"queue:{ticket.queue.slug}", *desks]


def _share_outsiders(tickets: list[Ticket]) -> None:
    """Lets what is told of one change ask once for a ticket as it was and as it is, unless it has changed hands."""
    known: dict[Any, list[Any]] = {}
    for ticket in tickets:
        ticket.outsiders = known


for _type, _alias, _summary in (
    ("ticket.created", "ticket.created", "A ticket was filed, or has come into view."),
    ("ticket.updated", "ticket.updated", "Something about a ticket changed."),
    ("ticket.deleted", None, "A ticket was deleted, or has gone out of view."),
    ("ticket.status_changed", "ticket.updated", "Its status changed."),
    ("ticket.assigned", "ticket.updated", "It was assigned to somebody, or to nobody."),
):
    realtime.event(_type, schema=TicketSerializer, alias=_alias, summary=_summary)

_PUBLIC_FIELDS = frozenset(
    {"subject", "status", "priority", "queue", "assignee", "requester", "merged_into"}
)
_FIELDS = frozenset(field.name for field in Ticket._meta.concrete_fields)

# Declared first: of a reply that moves its ticket, lists hear the reply before the move.
realtime.event(
    "ticket.replied",
    schema=TicketActivitySerializer,
    summary="Something was said in a ticket: for lists, which don't hear its room.",
)
realtime.live(
    Ticket,
    topics=_list_topics,
    data=shown_by(TicketActivitySerializer),
    events={"created": None, "updated": None, "deleted": None},
    changed={"last_reply_at": "ticket.replied"},
    ignore=_FIELDS - {"last_reply_at"},
    fetch=["queue", _share_outsiders],
)
realtime.live(
    Ticket,
    topics=_ticket_topics,
    data=shown_by(TicketSerializer),
    variants={"queue": shown_by(AgentTicketSerializer)},
    changed={"status": "ticket.status_changed", "assignee": "ticket.assigned"},
    related=["tags"],
    ignore=FOLLOWING_FIELDS,
    fetch=["queue", _share_outsiders],
)
realtime.event(
    "ticket.details_changed",
    schema=AgentTicketSerializer,
    summary="What only agents see of a ticket changed: tags, custom fields, snoozing.",
)
realtime.live(
    Ticket,
    topics=lambda ticket: [ticket.notes_room],
    data=shown_by(AgentTicketSerializer),
    events={"created": None, "updated": "ticket.details_changed", "deleted": None},
    related=["tags"],
    ignore=FOLLOWING_FIELDS | _PUBLIC_FIELDS,
)


for _type, _summary in (
    ("sla.changed", "A clock of a ticket runs, rests or stops."),
    ("sla.warning", "Most of the time that was promised has passed."),
    ("sla.breached", "A promise was broken."),
):
    realtime.event(_type, schema=SLAClockSerializer, summary=_summary)
_MARKED = {
    "warned_at": lambda clock: "sla.warning" if clock.warned_at else None,
    "breached_at": lambda clock: "sla.breached" if clock.breached_at else None,
}
"""A promise that holds again is unmarked: that alone is a change like others."""
realtime.live(
    SLAClock,
    topics=lambda clock: [f"ticket-notes:{clock.ticket_id}"],
    data=shown_by(SLAClockSerializer),
    events={"created": None, "updated": "sla.changed", "deleted": "sla.changed"},
    changed=_MARKED,
)
realtime.live(
    SLAClock,
    topics=lambda clock: [f"queue:{clock.ticket.queue.slug}"],
    data=shown_by(SLAClockSerializer),
    events={"created": None, "updated": None, "deleted": None},
    changed=_MARKED,
)


realtime.event("ticket.rated", schema=RatingSerializer, summary="The customer said how it was.")
realtime.live(
    Rating,
    topics=lambda rating: [rating.ticket.notes_room, f"queue:{rating.ticket.queue.slug}"],
    data=shown_by(RatingSerializer),
    events={"created": "ticket.rated", "updated": "ticket.rated", "deleted": None},
)


# --- people ---


def _desk_of(participant: Participant) -> list[str]:
    """The participant's desk, unless the ticket is there already for another reason."""
    ticket = participant.ticket
    if participant.user_id in (ticket.requester_id, ticket.assignee_id):
        return []
    if participant.user_id not in outsiders_of(ticket):
        return []
    return [f"desk:{participant.user_id}"]


for _type, _summary in (
    ("participant.added", "Somebody takes part in a ticket."),
    ("participant.changed", "Somebody takes part in another role."),
    ("participant.removed", "Somebody takes part no more."),
):
    realtime.event(_type, schema=ParticipantSerializer, summary=_summary)
realtime.live(
    Participant,
    topics=lambda row: [f"ticket:{row.ticket_id}"],
    data=shown_by(ParticipantSerializer),
    events={
        "created": "participant.added",
        "updated": "participant.changed",
        "deleted": "participant.removed",
    },
)
realtime.live(
    Participant,
    topics=_desk_of,
    data=lambda row: shown_by(TicketSerializer)(row.ticket),
    events={"created": "ticket.created", "updated": None, "deleted": "ticket.deleted"},
)


# --- messages ---


def _read_parts(rows: list[Message]) -> None:
    """What belongs to messages that say something, where that isn't known yet."""
    # Rows stand here twice, as before and as now.
    gone = {row.pk for row in rows if row.deleted_at}
    stored = [row for row in rows if row.new_mentions is None and row.pk not in gone]
    parts = ("author", "mentions__user", "attachments__uploader", "reactions__user")
    prefetch_related_objects(stored, *parts)


for _type, _summary in (
    ("message.new", "A reply, or in the room of the notes a note."),
    ("message.edited", "A message says something else now."),
    ("message.deleted", "A message says nothing any more."),
):
    realtime.event(_type, schema=MessageSerializer, summary=_summary)

realtime.live(
    Message,
    topics=lambda message: [message.room],
    data=shown_by(MessageSerializer),
    events={"created": "message.new", "updated": "message.edited", "deleted": "message.deleted"},
    changed={"deleted_at": "message.deleted"},
    ignore=["seq", "html", "edited_at", "created_at", "client_id", "author"],
    seq_field="seq",
    withdraws={"content": "", "html": "", "mentions": [], "attachments": []},
    fetch=[_read_parts],
)
for _type, _summary in (
    ("reaction.added", "Somebody reacted to a message."),
    ("reaction.removed", "Somebody took a reaction back."),
):
    realtime.event(_type, schema=ReactionSerializer, summary=_summary)
realtime.live(
    Reaction,
    topics=lambda reaction: [reaction.message.room],
    data=shown_by(ReactionSerializer),
    events={"created": "reaction.added", "updated": None, "deleted": "reaction.removed"},
)
for _type, _summary in (
    ("attachment.added", "A file was uploaded; the message that it belongs to may follow."),
    ("attachment.removed", "A file is gone."),
):
    realtime.event(_type, schema=AttachmentSerializer, summary=_summary)
realtime.live(
    Attachment,
    topics=lambda file: [file.room],
    data=shown_by(AttachmentSerializer),
    events={"created": "attachment.added", "updated": None, "deleted": "attachment.removed"},
    fetch=["uploader"],
)
realtime.event("message.read", summary="How far somebody has read: ``user_id`` and ``seq``.")

outlets.declare_outlets()
audit.observe_changes()
index.observe_changes()
requoting.observe_changes()
