"""Questions to the database about who is connected. Synchronous."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from realtime.models import Departure, RoomMembership, ServerProcess, SocketConnection
from realtime.presence.database_writing import now
from realtime.presence.peers import (
    EVERYWHERE,
    PAGE,
    Counts,
    Frames,
    Listing,
    LiveConnection,
    Peer,
    Wanted,
)
from realtime.presence.store import Departed, Look, Owed, Stored

_BATCH = 10_000


def members(topic: str) -> list[Peer]:
    """Who is present in a room, by name."""
    there = RoomMembership.objects.filter(topic=topic).values_list("user_id", "username")
    leaving = _leaving().filter(topic=topic).values_list("user_id", "username")
    return _peers(there.union(leaving))


def present_among(user_ids: Collection[str] | None = None) -> list[Peer]:
    """Who is online, of all or of these, by name: at a process that is alive, or not gone for longer than the grace."""
    connected = SocketConnection.objects.filter(process__expires_at__gt=now())
    leaving = _leaving().filter(due_at__gt=now())
    if user_ids is None:
        return _peers(_online_rows(connected, leaving))
    ids = list(user_ids)
    return _peers(
        row
        for start in range(0, len(ids), _BATCH)
        for row in _online_rows(
            connected.filter(user_id__in=ids[start : start + _BATCH]),
            leaving.filter(user_id__in=ids[start : start + _BATCH]),
        )
    )


def _online_rows(
    connected: QuerySet[SocketConnection], leaving: QuerySet[Departure]
) -> Collection[tuple[str, str]]:
    there = connected.values_list("user_id", "username")
    return there.union(leaving.filter(topic=EVERYWHERE).values_list("user_id", "username"))


def _leaving() -> QuerySet[Departure]:
    """Who is gone, and nobody has taken it on to tell that."""
    return Departure.objects.filter(claimed_by=None)


def counts() -> Counts:
    """Open sockets of processes that are alive."""
    alive = SocketConnection.objects.filter(process__expires_at__gt=now())
    by_user = dict(alive.order_by().values_list("user_id").annotate(Count("id")))
    return Counts(sum(by_user.values()), by_user)


def listing(wanted: Wanted, page: int) -> Listing:
    """A page of the open sockets of processes that are alive."""
    alive = SocketConnection.objects.filter(process__expires_at__gt=now())
    processes = dict(
        alive.order_by("process_id").values_list("process_id").annotate(count=Count("id"))
    )
    if wanted.process:
        alive = alive.filter(process_id=wanted.process)
    if wanted.text:
        text = wanted.text
        alive = alive.filter(Q(user_id=text) | Q(username__iexact=text) | Q(address=text))
    return Listing(_page(alive, page), alive.count(), processes)


def _page(chosen: QuerySet[SocketConnection], page: int) -> list[LiveConnection]:
    rows = list(chosen.order_by("-opened_at", "id")[(page - 1) * PAGE : page * PAGE])
    members = RoomMembership.objects.filter(connection__in=[row.pk for row in rows])
    counts = dict(members.order_by().values_list("connection").annotate(Count("id")))
    return [_live(row, room_count=counts.get(row.pk, 0)) for row in rows]


def live_connection(connection_id: str) -> LiveConnection | None:
    """An open socket with the rooms that it is in."""
    row = SocketConnection.objects.filter(pk=connection_id, process__expires_at__gt=now()).first()
    if row is None:
        return None
    topics = tuple(row.memberships.order_by("topic").values_list("topic", flat=True))
    return _live(row, rooms=topics, room_count=len(topics))


def _live(row: SocketConnection, **rooms: Any) -> LiveConnection:
    return LiveConnection(
        id=row.pk,
        process=row.process_id,
        user_id=row.user_id,
        username=row.username,
        endpoint=row.endpoint,
        address=row.address,
        opened_at=row.opened_at,
        frames=Frames(row.frames_received, row.frames_sent),
        **rooms,
    )


def stored(operation: Stored) -> dict[str, list[str]]:
    """A process's connections and their rooms."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, m.topic FROM realtime_socketconnection c"
            " LEFT JOIN realtime_roommembership m ON m.connection_id = c.id WHERE c.process_id = %s",
            [operation.process],
        )
        found: dict[str, list[str]] = {}
        for connection_id, topic in cursor.fetchall():
            topics = found.setdefault(connection_id, [])
            if topic is not None:
                topics.append(topic)
        return found


def owed(operation: Owed) -> list[Departed]:
    """The departures that a process has claimed and not confirmed."""
    rows = Departure.objects.filter(claimed_by=operation.process).order_by("id")
    return [Departed(row.topic, row.user_id, row.username, row.claim or "") for row in rows]


def look(operation: Look) -> dict[str, list[tuple[str, str]]] | None:
    """Who is present everywhere and in some rooms; None if there is no other process."""
    others = ServerProcess.objects.exclude(pk=operation.process)
    if not operation.alone_too and not others.exists():
        return None
    found: dict[str, dict[str, str]] = {topic: {} for topic in operation.topics}
    found[EVERYWHERE] = dict(_online_rows(SocketConnection.objects.all(), _leaving()))
    for start in range(0, len(operation.topics), _BATCH):
        topics = operation.topics[start : start + _BATCH]
        for there in (RoomMembership.objects.all(), _leaving()):
            rows = there.filter(topic__in=topics).values_list("topic", "user_id", "username")
            for topic, user_id, username in rows:
                found[topic][user_id] = username
    return {topic: list(room.items()) for topic, room in found.items()}


def _peers(rows: Iterable[tuple[str, str]]) -> list[Peer]:
    """One peer for each user, though a name may have changed between two of their connections."""
    return sorted((Peer(*row) for row in dict(rows).items()), key=lambda peer: peer.username)
