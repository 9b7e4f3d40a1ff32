"""Live authorisation of this process's sockets: asked at subscribe, after each change that matters, and every minute.

A change of access puts the subscriptions it concerns on hold at once; each goes on from where it stood when the answer is
yes, and ends when it is no. So nothing recorded after a loss is handed out while the question is open.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from realtime.auth.credentials import Identity
from realtime.batching import Batcher
from realtime.conf import config
from realtime.db import in_pool
from realtime.errors import Unauthorized
from realtime.events import Event
from realtime.feed import Subscription
from realtime.log.access import Change, access_changes_after, last_access_change
from realtime.rules import Question, asks_database, current_user, may_hear, topics_heard
from realtime.subscriber import Subscriber

if TYPE_CHECKING:
    from realtime.hub import Hub

logger = logging.getLogger("realtime.access")

_RETRY_AFTER = 1.0
_MOST_LOOKS = 40
_PARTS = 61
"""Into which the sockets are divided to be rechecked. A prime: their hashes, which are addresses, have other factors in common."""


class AccessControl:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.settled = 0
        """The number of the last access change that this process has acted on."""
        self._held: list[Event] = []
        self._settling: asyncio.Task[None] | None = None
        self._again = False
        self._to_ask: dict[Subscriber, set[Subscription]] = {}
        """What is on hold and hasn't been asked yet."""
        self._being_asked: set[Subscriber] = set()
        """Those of which a question is open."""
        self._being_rechecked: set[Subscriber] = set()
        self._questions: Batcher[Question, set[str]] = Batcher(
            topics_heard, threads=max(1, config().db_threads // 2), most=16
        )
        """A change may concern all sockets of the process: they don't take all database threads for it."""

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
        for scope in dict.fromkeys(change.scope for change in changes):
            self._question(scope)
        if changes:
            self.settled = changes[-1].number

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
        """Holds these subscriptions and asks whether the user may still hear them.

        One question of a socket is open at a time: what comes meanwhile is asked together after it.
        """
        for subscription in subscriptions:
            subscription.feed.suspend(subscription)
            subscription.on_hold = True
            subscription.asked += 1
        self._to_ask.setdefault(subscriber, set()).update(subscriptions)
        if subscriber not in self._being_asked:
            self._being_asked.add(subscriber)
            self._hub.background.run(self._ask(subscriber))

    async def _ask(self, subscriber: Subscriber) -> None:
        is_told = False
        try:
            while (subscriptions := self._to_ask.pop(subscriber, None)) is not None:
                try:
                    is_valid = await self._answer(subscriber, subscriptions)
                except Exception:
                    if not is_told:
                        logger.exception("permissions can't be asked; the socket is on hold")
                    is_told = True
                    self._to_ask.setdefault(subscriber, set()).update(subscriptions)
                    await asyncio.sleep(_RETRY_AFTER)
                else:
                    if is_valid:
                        subscriber.refresh()
        finally:
            self._being_asked.discard(subscriber)

    async def _answer(self, subscriber: Subscriber, subscriptions: Iterable[Subscription]) -> bool:
        """Asks, and acts on the answer where no later question is open; False for whoever may hear nothing at all."""
        asked = [(s, s.asked) for s in subscriptions]
        topics = [subscription.topic for subscription, _ in asked]
        try:
            allowed = await self._questions.ask(Question(subscriber.identity, topics))
        except Unauthorized:
            subscriber.unauthorized()
            return False
        for subscription, number in asked:
            if subscription.ended or subscription.asked != number:
                continue
            subscription.on_hold = False
            if subscription.topic not in allowed:
                self._hub.unsubscribe(subscription)
                subscriber.lost(subscription)
            elif subscription.started:
                self._hub.proceed(subscription)
        return True

    async def _recheck_for_ever(self) -> None:
        """Asks about everything once in `recheck_interval`, spread over it, without holding anything."""
        clock = self._hub.loop.time
        due = clock()
        while True:
            for part in range(_PARTS):
                due += config().recheck_interval / (_PARTS + 1)
                # Until a moment, not for a while: what the last part took must not add up.
                await asyncio.sleep(due - clock())
                for subscriber in self._part(part):
                    if subscriber not in self._being_rechecked:
                        self._being_rechecked.add(subscriber)
                        self._hub.background.run(self._recheck(subscriber))
            due = max(due, clock())  # a process that was stopped for a while doesn't make up for it

    def _part(self, part: int) -> list[Subscriber]:
        """Always the same sockets, however many others come and go: so that each has its turn once in the interval."""
        return [one for one in self._hub.everyone() if hash(one) % _PARTS == part]

    async def _recheck(self, subscriber: Subscriber) -> None:
        try:
            await self._answer(subscriber, list(subscriber.subscriptions.values()))
        except Exception:
            logger.exception("permissions could not be rechecked")
        finally:
            self._being_rechecked.discard(subscriber)

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
