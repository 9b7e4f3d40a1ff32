"""Telling others who is there: online and offline to those who may know, joined and left to the room."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

from realtime.auth.staff import is_staff
from realtime.db import in_pool
from realtime.events import ephemeral
from realtime.presence.registry import Peer
from realtime.publisher import publish
from realtime.registry import registry


async def announce_online(peer: Peer) -> None:
    """A user's first connection has opened: the staff hears of it, and whom the apps name."""
    await _announce("user.online", peer)


async def announce_offline(peer: Peer) -> None:
    """A user's last connection is gone, and the grace has passed."""
    await _announce("user.offline", peer)


async def _announce(type: str, peer: Peer) -> None:
    data = {"user_id": peer.user_id}
    topics = ["presence", *await in_pool(_audience, peer.user_id)]
    publish([ephemeral(topic, type, data, exclude_user=peer.user_id) for topic in topics])


def _audience(user_id: str) -> list[str]:
    """The own topics of those who aren't staff and may know of this user's presence."""
    user = get_user_model()._default_manager.filter(pk=user_id).first()
    if user is None:
        return []
    ids = {str(found) for find in registry.presence_audiences for found in find(user)}
    ids -= _staff_among(ids)
    return [f"user:{found}" for found in sorted(ids - {user_id})]


def _staff_among(ids: set[str]) -> set[str]:
    """A project's own user model may know no staff, or tell it by a property."""
    model: Any = get_user_model()
    users = model._default_manager.filter(pk__in=ids)
    if any(field.name == "is_staff" for field in model._meta.get_fields()):
        users = users.filter(is_staff=True)
    return {str(user.pk) for user in users if is_staff(user)}


async def announce_joined(topic: str, peer: Peer) -> None:
    """The first socket of a user is in a room."""
    publish([ephemeral(topic, "user_joined", _member(peer), exclude_user=peer.user_id)])


async def announce_left(topic: str, peer: Peer) -> None:
    """The last socket of a user has left a room."""
    publish([ephemeral(topic, "user_left", _member(peer), exclude_user=peer.user_id)])


def _member(peer: Peer) -> dict[str, str]:
    return {"user_id": peer.user_id, "username": peer.username}
