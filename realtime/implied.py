"""What a socket hears without asking: what its dialect implies at the start, and what follows the user's rights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from realtime.db import in_pool
from realtime.dialects.base import Place, Wanted
from realtime.errors import Forbidden
from realtime.places import Request

if TYPE_CHECKING:
    from realtime.connection import Connection


async def take_places(
    connection: Connection, wanted: Sequence[Wanted], *, is_fresh: bool = False
) -> dict[str, Place]:
    """Subscribes; delivery begins with `Hub.begin`.

    Raises:
        Forbidden: one that is required is refused.
    """
    requests = [Request(w.topic, w.shape, w.since, w.epoch) for w in wanted]
    answers = await connection.hub.places.subscribe_all(connection, requests, is_fresh=is_fresh)
    places: dict[str, Place] = {}
    for want, granted in zip(wanted, answers, strict=True):
        if granted is not None:
            if want.latest:
                granted.subscription.step_back()
            connection.subscriptions[granted.subscription.key] = granted.subscription
            places[want.topic] = Place(want.topic, granted.seq, granted.epoch, granted.resumed)
        elif want.required:
            raise Forbidden
    return places


async def follow_rights(connection: Connection, *, begin: bool = True) -> None:
    """Subscribes to what the user hears without asking, as the rights are now, and begins delivery unless told to wait with that."""
    if not connection.dialect.follows_rights:
        return
    wanted = {(w.topic, w.shape): w for w in await in_pool(connection.dialect.also_wanted)}
    for key in connection.following - set(wanted):
        connection.following -= {key}
        if (subscription := connection.subscriptions.pop(key, None)) is not None:
            connection.hub.unsubscribe(subscription)
    new = [want for key, want in wanted.items() if key not in connection.subscriptions]
    if not new or not connection.outbox.is_open:
        return
    await take_places(connection, new)
    for want in new:
        subscription = connection.subscriptions.get((want.topic, want.shape))
        if subscription is not None:
            connection.following |= {subscription.key}
            if begin:
                connection.hub.begin(subscription)
