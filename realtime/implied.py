"""What a socket hears without asking: what its dialect implies at the start, and what follows the user's rights."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime.auth.credentials import Identity
from realtime.batching import Batcher
from realtime.commands import Join
from realtime.db import UNANSWERED, in_pool
from realtime.dialects.base import Dialect, Place, Wanted
from realtime.errors import Forbidden, Unauthorized
from realtime.feed import Subscription
from realtime.places import Request
from realtime.rules import answer_each

if TYPE_CHECKING:
    from realtime.connection import Connection

logger = logging.getLogger("realtime.implied")

_RETRY_AFTER = 1.0


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
            places[want.topic] = Place(want.topic, granted.seq, granted.epoch, granted.resumed)
        elif want.required:
            raise Forbidden
    return places


# --- what follows the user's rights ---


def follow_rights(connection: Connection) -> None:
    """Looks in the background at what the user may hear now. One look at a time: two would both find the same topics new."""
    if not connection.dialect.follows_rights:
        return
    connection.must_look = True
    if not connection.is_looking:
        connection.is_looking = True
        connection.hub.background.run(_look(connection))


def end_first_look(connection: Connection) -> None:
    """The opening, which has looked itself, is over. What changed meanwhile is looked at now."""
    connection.is_looking = False
    if connection.must_look:
        follow_rights(connection)


async def _look(connection: Connection) -> None:
    try:
        while connection.must_look and connection.outbox.is_open:
            connection.must_look = False
            try:
                for subscription in await take_what_rights_allow(connection):
                    connection.hub.begin(subscription)
            except Unauthorized:
                connection.unauthorized()
            except UNANSWERED:
                logger.exception("what a user may hear could not be asked; asking again")
                connection.must_look = True
                await asyncio.sleep(_RETRY_AFTER)
    finally:
        connection.is_looking = False


async def take_what_rights_allow(
    connection: Connection, *, is_fresh: bool = False
) -> list[Subscription]:
    """Subscribes to what the user hears without asking, and ends what the rights don't allow any more.

    Returns what is new; its delivery begins with `Hub.begin`. ``is_fresh`` says that the user was read a moment ago.

    Raises:
        Unauthorized: the user is gone or inactive, or the login has ended.
    """
    if not connection.dialect.follows_rights:
        return []
    identity, dialect = connection.identity, connection.dialect
    if is_fresh:
        now = await in_pool(dialect.also_wanted, identity.user)
    else:
        now = await _looks.ask(_Look(identity, dialect))
    wanted = {(w.topic, w.shape): w for w in now}
    known = connection.subscriptions
    for key in connection.following - set(wanted):
        connection.following -= {key}
        if (subscription := known.get(key)) is not None:
            connection.hub.unsubscribe(subscription)
    new = [
        want
        for key, want in wanted.items()
        # What the hello tells of has been asked for already.
        if key not in known and (connection.is_open or not want.told)
    ]
    if not new or not connection.outbox.is_open:
        return []
    places = await take_places(connection, new)
    begun = []
    for want in new:
        subscription = known.get((want.topic, want.shape))
        if subscription is None or want.topic not in places:
            continue
        begun.append(subscription)
        if want.told:
            _tell_place(connection, want, places[want.topic])
        else:
            connection.following |= {subscription.key}
    return begun


def _tell_place(connection: Connection, want: Wanted, place: Place) -> None:
    joining = Join(room=want.topic, shape=want.shape)
    connection.outbox.push(connection.dialect.joined(joining, place, [], []))


@dataclass(frozen=True, slots=True)
class _Look:
    identity: Identity
    dialect: Dialect


def _wanted_now(looks: Sequence[_Look]) -> list[list[Wanted] | Exception]:
    """What each of these sockets is to hear."""
    return answer_each(looks, lambda look, user: look.dialect.also_wanted(user))


_looks: Final[Batcher[_Look, list[Wanted]]] = Batcher(_wanted_now, threads=2, most=16)
"""A change may concern all sockets of the process: they don't take all database threads for it."""
