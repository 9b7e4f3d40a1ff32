"""A desk with a long history, for measuring: rows are loaded past Django, so that no event is written for them.

Their rooms stand at the number of their last message and hold no events: a client that asks for older ones is told to reload.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection

from tickets.models import NumberAllocation, Queue, QueueMember
from tickets.search.index import rebuild
from tickets.states import Status

_STATUSES = [Status.CLOSED] * 80 + [Status.RESOLVED] * 8 + [Status.OPEN] * 6 + [Status.PENDING] * 4
_STATUSES += [Status.NEW] * 2
_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ne",
    "ru",
    "ta",
    "vo",
    "si",
    "pe",
    "du",
    "ba",
    "fi",
    "gro",
    "ste",
    "lan",
    "qui",
    "zor",
    "hem",
]
_NO_PASSWORD = "!"  # noqa: S105  which no password has as its hash
_CUSTOMERS, _AGENTS, _QUEUES = 2_000, 40, 8

_TICKET = [
    "id",
    "number",
    "subject",
    "requester_id",
    "assignee_id",
    "queue_id",
    "status",
    "priority",
    "custom_fields",
    "version",
    "created_by_id",
    "created_at",
    "updated_at",
    "last_reply_at",
    "resolved_at",
]
_MESSAGE = ["id", "ticket_id", "author_id", "kind", "content", "html", "seq", "created_at"]


@dataclass(frozen=True, slots=True)
class People:
    customers: list[int]
    agents: dict[int, list[int]]
    """By queue."""


def seed(*, tickets: int, messages: int, chance: random.Random) -> None:
    """Adds so many tickets with so many messages, spread over the last three years."""
    people = _people()
    words = _words(chance)
    each = max(1, messages // tickets)
    start = datetime.now(UTC) - timedelta(days=1095)
    step = timedelta(days=1095) / tickets
    first_number = NumberAllocation.take()
    for begin in range(0, tickets, 5_000):
        batch = [
            _ticket(first_number + i, start + step * i, people, words, chance)
            for i in range(begin, min(tickets, begin + 5_000))
        ]
        load("tickets_ticket", _TICKET, batch)
        load(
            "tickets_participant",
            ["ticket_id", "user_id", "role", "created_at"],
            ((row[0], row[3], "requester", row[11]) for row in batch),
        )
        load("tickets_message", _MESSAGE, _messages(batch, each, words, chance))
        load(
            "realtime_topichead",
            ["topic", "seq", "floor", "moved"],
            ((f"ticket:{row[0]}", each, each, 0) for row in batch),
        )
    _catch_up(first_number + tickets)
    rebuild()


def _people() -> People:
    user_model: Any = get_user_model()
    names = [(f"seed-customer-{i}", False) for i in range(_CUSTOMERS)]
    names += [(f"seed-agent-{i}", True) for i in range(_AGENTS)]
    user_model.objects.bulk_create(
        [
            user_model(
                username=name, email=f"{name}@example.com", is_staff=staff, password=_NO_PASSWORD
            )
            for name, staff in names
        ],
        ignore_conflicts=True,
    )
    found = dict(
        user_model.objects.filter(username__startswith="seed-").values_list("username", "pk")
    )
    agents: dict[int, list[int]] = {}
    for i in range(_QUEUES):
        queue, _ = Queue.objects.get_or_create(slug=f"seed-{i}", defaults={"name": f"Seed {i}"})
        agents[queue.pk] = [found[f"seed-agent-{n}"] for n in range(_AGENTS) if n % _QUEUES == i]
        for pk in agents[queue.pk]:
            QueueMember.objects.get_or_create(queue=queue, user_id=pk)
    return People([found[f"seed-customer-{i}"] for i in range(_CUSTOMERS)], agents)


def _words(chance: random.Random) -> list[str]:
    """A vocabulary in which few words are common and most are rare."""
    made = {"".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(6_000)}
    ordered = sorted(made)
    chance.shuffle(ordered)
    return [word for i, word in enumerate(ordered) for _ in range(1 + 3_000 // (i + 1))]


def _id(moment: datetime, chance: random.Random) -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7) of a moment in the past."""
    millis = int(moment.timestamp() * 1000)
    rest = chance.getrandbits(74)
    return UUID(int=millis << 80 | 7 << 76 | rest >> 62 << 64 | 2 << 62 | rest & (2**62 - 1))


def _ticket(
    number: int, moment: datetime, people: People, words: list[str], chance: random.Random
) -> tuple[Any, ...]:
    queue = chance.choice(list(people.agents))
    status = chance.choice(_STATUSES)
    requester = chance.choice(people.customers)
    assignee = None if status == Status.NEW else chance.choice(people.agents[queue])
    solved = moment + timedelta(hours=20) if status in (Status.RESOLVED, Status.CLOSED) else None
    subject = " ".join(chance.choices(words, k=5)).capitalize()
    priority = chance.choice(["low", "normal", "normal", "normal", "high", "urgent"])
    row = (_id(moment, chance), number, subject, requester, assignee, queue, str(status), priority)
    return (*row, "{}", 1, requester, moment, moment, moment + timedelta(hours=10), solved)


def _messages(
    tickets: Sequence[tuple[Any, ...]], each: int, words: list[str], chance: random.Random
) -> Iterator[tuple[Any, ...]]:
    for ticket in tickets:
        for i in range(each):
            moment = ticket[11] + timedelta(hours=i)
            author = ticket[3] if i % 2 == 0 or ticket[4] is None else ticket[4]
            text = " ".join(chance.choices(words, k=25))
            html = f"<p>{text}</p>"
            yield (_id(moment, chance), ticket[0], author, "reply", text, html, i + 1, moment)


def _catch_up(number: int) -> None:
    """Takes the numbers that were given past the allocation."""
    row = NumberAllocation.objects.create(pk=number)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('tickets_numberallocation', 'id'), %s)",
                [row.pk],
            )


def load(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Puts rows into a table the fastest way the database has."""
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        places = ", ".join(["%s"] * len(columns))
        stored: Any = (tuple(map(_on_sqlite, row)) for row in rows)
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", stored)


def _on_sqlite(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value
