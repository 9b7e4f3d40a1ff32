"""Who is online, for code that isn't a socket: views, commands, tasks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import redis
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AbstractBaseUser

from realtime.auth.staff import is_staff
from realtime.conf import config
from realtime.presence import database_reading, redis_listing, redis_store
from realtime.presence.local import Entry, LocalConnections
from realtime.presence.peers import (
    EVERYWHERE,
    Counts,
    Listing,
    LiveConnection,
    Peer,
    Wanted,
    listing_of,
)
from realtime.registry import registry


def online_users(user_ids: Collection[str] | None = None) -> list[Peer]:
    """Who is online, over all processes, by name; only of ``user_ids``, if given.

    While Redis is configured and down: those who are connected to this process.
    """
    if not config().redis_url:
        return database_reading.present_among(user_ids)
    try:
        return redis_store.present_among(user_ids)
    except redis.RedisError:
        here = _connected_here().present(EVERYWHERE)
        return [peer for peer in here if user_ids is None or peer.user_id in user_ids]


def connection_counts() -> Counts:
    """How many sockets are open, over all processes, in all and by user id; see `online_users` about Redis."""
    if not config().redis_url:
        return database_reading.counts()
    try:
        return redis_store.counts()
    except redis.RedisError:
        return _connected_here().counts()


def connection_count(user_id: str | None = None) -> int:
    """How many sockets are open, over all processes; only those of one user, if given."""
    counts = connection_counts()
    return counts.total if user_id is None else counts.by_user.get(user_id, 0)


def live_connections(wanted: Wanted, page: int = 1) -> Listing:
    """The open sockets of all processes, a page of them; see `online_users` about Redis."""
    if not config().redis_url:
        return database_reading.listing(wanted, page)
    try:
        return redis_listing.listing(wanted, page)
    except redis.RedisError:
        here = [_live(entry) for entry in _connected_here().entries()]
        return replace(listing_of(here, wanted, page, {}), store_answers=False)


def live_connection(connection_id: str) -> LiveConnection | None:
    """An open socket of any process with its rooms; None if it isn't open any more. See `online_users` about Redis."""
    if not config().redis_url:
        return database_reading.live_connection(connection_id)
    try:
        return redis_listing.live_connection(connection_id)
    except redis.RedisError:
        entry = _connected_here().get(connection_id)
        return None if entry is None else _live(entry)


def _live(entry: Entry) -> LiveConnection:
    opening = entry.opening
    return LiveConnection(
        id=opening.connection_id,
        process="",
        user_id=opening.user_id,
        username=opening.username,
        endpoint=opening.endpoint,
        address=opening.address,
        opened_at=entry.opened_at,
        frames=opening.frames(),
        rooms=tuple(sorted(entry.rooms)),
        room_count=len(entry.rooms),
    )


def online_users_visible_to(user: AbstractBaseUser) -> list[Peer]:
    """Whose presence a user may know of: staff everyone's, others that of people the apps name. By name."""
    if is_staff(user):
        return online_users()
    return online_users(
        {str(found) for find in registry.presence_audiences for found in find(user)}
    )


def _connected_here() -> LocalConnections:
    from realtime.process import running_process

    process = running_process()
    return LocalConnections() if process is None else process.registry.local()


aonline_users = sync_to_async(online_users, thread_sensitive=False)
aconnection_count = sync_to_async(connection_count, thread_sensitive=False)
