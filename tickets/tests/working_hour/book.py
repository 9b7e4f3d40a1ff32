"""Who is at the desk, the rules of who sees and hears what, written down here once more, and the book of what was to be told."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import count
from typing import Any

from django.utils import timezone

from realtime.errors import RealtimeError
from tickets.models import Message, Participant, Queue, SLAClock, Ticket
from tickets.tests.factories import make_policy, make_queue, make_user

_WORKING_ROLES = ("agent", "watcher")


class Hour:
    """The people and their book. Rules read rows, never the desk's own selectors."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.start = self.now = timezone.now()
        self.agents = [make_user(f"agent{i}", is_staff=True) for i in range(4)]
        self.customers = [make_user(f"customer{i}") for i in range(4)]
        policy = make_policy(first_response=15, resolution=40)
        self.queues = [
            make_queue("one", members=self.agents[:2], sla_policy=policy),
            make_queue("two", members=self.agents[2:]),
        ]
        self.told: Counter[tuple[str, str]] = Counter()
        """How often each was to be told of each kind."""
        self.said: Counter[str] = Counter()
        """How many messages of each kind there must be."""
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.mentioned: dict[Any, set[Any]] = {}
        """Whom each message mentions, by its id."""
        self.reactions: set[tuple[Any, Any]] = set()
        """Message and user."""
        self.snoozed: dict[Any, datetime] = {}
        """Until when each ticket is away, by its id."""
        self.taken_back: set[str] = set()
        """Words that were edited away or deleted."""
        self.internal: set[str] = set()
        """Words of notes."""
        self.words = (f"word{number}end" for number in count(1))

    # --- who is who ---

    def people(self) -> list[Any]:
        return [*self.agents, *self.customers]

    def members(self, queue: Queue) -> set[Any]:
        return set(self.agents[:2] if queue == self.queues[0] else self.agents[2:])

    def roles(self, ticket: Ticket) -> dict[Any, str]:
        rows = Participant.objects.filter(ticket=ticket).select_related("user")
        return {row.user: row.role for row in rows}

    def in_conversation(self, ticket: Ticket) -> set[Any]:
        return {*self.roles(ticket), ticket.requester, ticket.assignee} - {None}

    def followers(self, ticket: Ticket) -> set[Any]:
        working = {u for u, role in self.roles(ticket).items() if role in _WORKING_ROLES}
        return {*working, ticket.assignee} - {None}

    def responsible(self, ticket: Ticket) -> set[Any]:
        return {ticket.assignee} if ticket.assignee else self.members(ticket.queue)

    def works_on(self, user: Any, ticket: Ticket) -> bool:
        """An agent of the queue, the assignee, or one who takes part as an agent; being copied in isn't enough."""
        return user in self.agents and (
            user in self.members(ticket.queue) or user in self.followers(ticket)
        )

    def sees(self, user: Any, ticket: Ticket) -> bool:
        return user in self.in_conversation(ticket) or self.works_on(user, ticket)

    def reads(self, user: Any, ticket: Ticket, *, internal: bool) -> bool:
        return (self.works_on if internal else self.sees)(user, ticket)

    # --- writing down ---

    def tell(self, kind: str, users: Iterable[Any], actor: Any) -> None:
        for user in set(users) - {actor}:
            self.told[user.username, kind] += 1

    def attempt(self, service: Callable[..., Any], *, may: bool, **given: Any) -> Any:
        """What the service returns (True where that is nothing), or False where it refuses, as it must unless one ``may``."""
        try:
            returned = service(**given)
        except RealtimeError:
            assert not may, (service, given)
            self.refused[service.__name__] += 1
            return False
        assert may, (service, given)
        self.done[service.__name__] += 1
        return True if returned is None else returned

    def text(self, ticket: Ticket, *, internal: bool) -> tuple[str, set[Any]]:
        """A text that nobody wrote before, and whom it mentions of those who may read it."""
        word = next(self.words)
        names = self.chance.sample(self.people(), self.chance.choice([0, 0, 1, 2]))
        if internal:
            self.internal.add(word)
        text = " ".join([word, *(f"@{user.username}" for user in names)])
        return text, {user for user in names if self.reads(user, ticket, internal=internal)}

    def take_back(self, message: Message) -> None:
        self.taken_back.add(message.content.split()[0])

    def marks(self) -> set[tuple[Any, Any, str]]:
        """The promises that people were warned of and those that are broken: clock, ticket, kind."""
        clocks = SLAClock.objects.all()
        warned = clocks.filter(warned_at__isnull=False).values_list("pk", "ticket")
        broken = clocks.filter(breached_at__isnull=False).values_list("pk", "ticket")
        return {
            *((clock, ticket, "sla.warning") for clock, ticket in warned),
            *((clock, ticket, "sla.breached") for clock, ticket in broken),
        }
