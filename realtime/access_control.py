"""Live authorisation of this process's sockets: asked at subscribe, after each change that matters, and every minute.

A change of access puts the subscriptions it concerns on hold at once; each goes on from where it stood when the answer is
yes, and ends when it is no. So nothing recorded after a loss is handed out while the question is open.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from realtime.auth.credentials import Identity, renew
from realtime.conf import config
from realtime.db import in_pool
from realtime.errors import Unauthorized
from realtime.events import Event
from realtime.feed import Subscription
from realtime.log.access import Change, access_changes_after, last_access_change
from realtime.registry import registry
from realtime.subscriber import Subscriber

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from realtime.hub import Hub

logger = logging.getLogger("realtime.access")

_RETRY_AFTER = 1.0
_MOST_LOOKS = 40


class AccessControl:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.settled = 0
        """The number of the last access change that this process has acted on."""
        self._held: list[Event] = []
        self._settling: asyncio.Task[None] | None = None
        self._again = False

    async def start(self) -> None:
        self.settled = await in_pool(last_access_change)
        self._hub.background.run(self._recheck_for_ever())

    def must_settle_before(self, event: Event) -> bool:
        """Whether there are changes that this event was recorded after, and that haven't been acted on."""
        return event.access > self.settled

    def hold(self, event: Event) -> None:
        """Keeps an event until the changes before it are settled."""
        self._held.append(event)
        self.settle_soon()

    def settle_soon(self) -> None:
        if self._settling is None:
            self._settling = self._hub.background.run(self._settle())
        else:
            self._again = True

    async def settle(self) -> None:
        """Acts on all changes that are committed now."""
        self.settle_soon()
        while self._settling is not None:
            await asyncio.shield(self._settling)

    async def _settle(self) -> None:
        looks = 0
        try:
            while True:
                self._again = False
                changes = await in_pool(access_changes_after, self.settled)
                self._act_on(changes)
                held, self._held = self._held, []
                self._hub.accept(held)
                if not self._again and not self._held:
                    return
                if self._held and not changes:
                    looks += 1
                    await self._wait_for_changes(looks)
        finally:
            self._settling = None

    async def _wait_for_changes(self, looks: int) -> None:
        """Gives up on held events whose changes don't show. If the log has these events, the sweep finds them again."""
        await asyncio.sleep(0.05)
        if looks >= _MOST_LOOKS:
            logger.error("%d events name access changes that aren't there", len(self._held))
            self._held.clear()

    def _act_on(self, changes: list[Change]) -> None:
        if changes and changes[0].number != self.settled + 1:
            # Some were pruned before this process heard of them: anything may have changed.
            for subscriber in self._hub.everyone():
                self.ask_again(subscriber, list(subscriber.subscriptions.values()))
        for change in changes:
            self._question(change.scope)
            self.settled = change.number

    def _question(self, scope: str) -> None:
        """Puts everything in the scope on hold and asks anew."""
        hub, (what, _, name) = self._hub, scope.partition(":")
        if what == "user":
            for subscriber in hub.subscribers.get(name, ()):
                self.ask_again(subscriber, list(subscriber.subscriptions.values()))
        elif what == "login":
            for subscriber in hub.everyone():
                if subscriber.identity.sid == name:
                    subscriber.unauthorized()
        elif what == "close":
            for subscriber in list(hub.subscribers.get(name, ())):
                subscriber.disconnect()
        elif what == "socket":
            for subscriber in hub.everyone():
                if subscriber.id == name:
                    subscriber.disconnect()
        else:
            self._question_topics(
                feed.subscriptions()
                for feed in hub.feeds.values()
                if (feed.topic == name if what == "topic" else feed.kind.name == name)
            )

    def _question_topics(self, groups: Iterable[list[Subscription]]) -> None:
        theirs: dict[Subscriber, list[Subscription]] = {}
        for group in groups:
            for subscription in group:
                theirs.setdefault(subscription.subscriber, []).append(subscription)
        for subscriber, subscriptions in theirs.items():
            self.ask_again(subscriber, subscriptions)

    def ask_again(self, subscriber: Subscriber, subscriptions: list[Subscription]) -> None:
        """Holds these subscriptions and asks whether the user may still hear them."""
        for subscription in subscriptions:
            subscription.feed.suspend(subscription)
            subscription.on_hold = True
            subscription.asked += 1
        questions = [(s, s.asked) for s in subscriptions]
        self._hub.background.run(self._ask(subscriber, questions))

    async def _ask(self, subscriber: Subscriber, questions: list[tuple[Subscription, int]]) -> None:
        topics = [subscription.topic for subscription, _ in questions]
        while True:
            try:
                valid, allowed = await in_pool(self._answers, subscriber.identity, topics)
                break
            except Exception:
                logger.exception("permissions could not be asked; the sockets stay on hold")
                await asyncio.sleep(_RETRY_AFTER)
        if not valid:
            subscriber.unauthorized()
            return
        for subscription, asked in questions:
            if subscription.ended or subscription.asked != asked:
                continue
            subscription.on_hold = False
            if subscription.topic not in allowed:
                self._hub.unsubscribe(subscription)
                subscriber.lost(subscription)
            elif subscription.started:
                self._hub.proceed(subscription)
        subscriber.refresh()

    async def _recheck_for_ever(self) -> None:
        """Asks about everything once in `recheck_interval`, evenly spread, without holding anything."""
        while True:
            everyone = self._hub.everyone()
            pause = config().recheck_interval / (len(everyone) + 1)
            for subscriber in everyone:
                await asyncio.sleep(pause)
                try:
                    await self._recheck(subscriber)
                except Exception:
                    logger.exception("permissions could not be rechecked")
            if not everyone:
                await asyncio.sleep(pause)

    async def _recheck(self, subscriber: Subscriber) -> None:
        questions = [(s, s.asked) for s in subscriber.subscriptions.values()]
        valid, allowed = await in_pool(
            self._answers, subscriber.identity, [s.topic for s, _ in questions]
        )
        if not valid:
            subscriber.unauthorized()
            return
        for subscription, asked in questions:
            is_current = not subscription.ended and subscription.asked == asked
            if is_current and subscription.topic not in allowed:
                self._hub.unsubscribe(subscription)
                subscriber.lost(subscription)

    async def ask(
        self, identity: Identity, topics: list[str], *, is_fresh: bool = False
    ) -> list[str]:
        """`allowed`, on a database thread where the database has to be asked."""
        if is_fresh and not any(asks_database(topic) for topic in topics):
            return self.allowed(identity, topics, is_fresh=True)
        return await in_pool(self.allowed, identity, topics, is_fresh=is_fresh)

    @staticmethod
    def allowed(identity: Identity, topics: list[str], *, is_fresh: bool = False) -> list[str]:
        """Those of the topics that the user, as stored now, may hear. Reads the database.

        With ``is_fresh`` the user was read a moment ago, and isn't read again.

        Raises:
            Unauthorized: the user is gone or inactive, or the login has ended.
        """
        user = identity.user if is_fresh else current_user(identity)
        return [topic for topic in topics if may_hear(user, topic)]

    @classmethod
    def _answers(cls, identity: Identity, topics: list[str]) -> tuple[bool, set[str]]:
        try:
            user = current_user(identity)
        except Unauthorized:
            return False, set()
        return True, {topic for topic in topics if may_hear(user, topic)}


def current_user(identity: Identity) -> AbstractBaseUser:
    """The user as stored now: staff flag and groups may have changed since the socket was opened.

    Raises:
        Unauthorized: the user is gone or inactive, or the login has ended. One that ends while a socket is being opened is met
            here: the hub doesn't know the socket yet when it is told.
    """
    fresh = renew(identity)
    if fresh is None:
        raise Unauthorized
    return fresh.user


def may_hear(user: AbstractBaseUser, topic: str) -> bool:
    """Whether the rules of the topic's kind let this user hear it. Reads the database."""
    found = registry.resolve(topic)
    if found is None:
        return False
    kind, params = found
    return bool(kind.authorize(user, **params))


def asks_database(topic: str) -> bool:
    """Whether `may_hear` reads the database for this topic."""
    found = registry.resolve(topic)
    return found is not None and found[0].asks_database
