"""An hour at the desk: people do whatever can be done at random, promises are broken and tickets come back meanwhile; in the end
what each person was told, what each list shows and what each room heard is what it should be by rules written down here once more."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from notifications.models import Notification
from realtime.models import StoredEvent, TopicHead
from tickets.models import Message, Reaction, SLAClock, Ticket
from tickets.selectors.access import tickets_visible_to, tickets_worked_on_by
from tickets.tests.conftest import events_of
from tickets.tests.working_hour import deeds
from tickets.tests.working_hour.book import Hour

_STEPS = 300
_SERVICES = {
    *("reply", "add_note", "edit_message", "delete_message", "react", "unreact"),
    *("assign_ticket", "transition_ticket", "change_ticket", "snooze_ticket", "wake_snoozed"),
    *("add_participant", "remove_participant", "merge_tickets", "split_ticket"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [2, 3])
def test_everybody_was_told_what_concerned_them_and_nothing_else(seed: int) -> None:
    hour = Hour(seed)
    for i in range(_STEPS):
        _step(hour)
        if i % 4 == 0:
            deeds.time_passes(hour, 60 * i / _STEPS)
    _check_what_was_told(hour)
    _check_promises(hour)
    _check_rooms(hour)
    _check_lists(hour)
    _check_words(hour)
    _check_that_much_happened(hour)


def _step(hour: Hour) -> None:
    """Somebody does something to a ticket that they see, or sometimes to one that they don't, or files a new one."""
    actor = hour.chance.choice([*hour.agents, *hour.people()])
    tickets = Ticket.objects.select_related("requester", "assignee", "queue").order_by("id")
    if hour.chance.random() < 0.9:
        tickets = tickets.filter(pk__in=tickets_visible_to(actor).values("pk"))
    ticket = hour.chance.choice([*tickets, None])
    if ticket is None:
        deeds.file(hour, actor)
    else:
        deeds.do_something(hour, actor, ticket)


def _check_that_much_happened(hour: Hour) -> None:
    """Each thing was done, and refused to those whom it isn't for."""
    assert all(hour.done[name] for name in _SERVICES), hour.done
    everybodys = {"react", "unreact", "wake_snoozed"}
    assert all(hour.refused[name] for name in _SERVICES - everybodys), hour.refused


def _check_what_was_told(hour: Hour) -> None:
    told: Counter[tuple[str, str]] = Counter()
    for row in Notification.objects.select_related("recipient"):
        told[row.recipient.username, row.kind] += row.count
    assert told == hour.told


def _check_promises(hour: Hour) -> None:
    assert SLAClock.objects.filter(breached_at__isnull=False, warned_at__isnull=False).exists()
    for kind in ("sla.warning", "sla.breached"):
        heard = [e for e in events_of("queue:one") if e["type"] == kind]
        assert bool(heard) == bool(sum(n for (_, told), n in hour.told.items() if told == kind))


def _check_rooms(hour: Hour) -> None:
    """Rooms are numbered without gaps, and who replays one has what is there now."""
    assert Counter(Message.objects.values_list("kind", flat=True)) == hour.said
    assert set(Reaction.objects.values_list("message", "user")) == hour.reactions
    for head in TopicHead.objects.all():
        numbers = StoredEvent.objects.filter(topic=head.topic).order_by("seq")
        assert list(numbers.values_list("seq", flat=True)) == list(range(1, head.seq + 1))
    for ticket in Ticket.objects.all():
        for room, internal in ((ticket.room, False), (ticket.notes_room, True)):
            rows = Message.objects.filter(ticket=ticket, deleted_at=None)
            there = rows.filter(kind="note") if internal else rows.exclude(kind="note")
            assert _replayed(room) == {str(row.pk): row.content for row in there}


def _replayed(room: str) -> dict[str, str]:
    """What the messages of a room say, for one who has heard all of it."""
    said: dict[str, str] = {}
    for event in events_of(room):
        if event["type"] in ("message.new", "message.edited", "message.deleted"):
            gone = event["type"] == "message.deleted"
            said[event["data"]["id"]] = "" if gone else event["data"]["content"]
    return {pk: content for pk, content in said.items() if content}


def _check_lists(hour: Hour) -> None:
    """Who replays their lists has the tickets that they see, each in one of them."""
    rows = list(Ticket.objects.select_related("requester", "assignee", "queue"))
    for user in hour.people():
        queues = [queue for queue in hour.queues if user in hour.members(queue)]
        lists = [
            _listed(topic) for topic in (f"desk:{user.pk}", *(f"queue:{q.slug}" for q in queues))
        ]
        listed = Counter(pk for shown in lists for pk in shown)
        assert listed == Counter(str(row.pk) for row in rows if hour.sees(user, row))
        works_on = {str(pk) for pk in tickets_worked_on_by(user).values_list("pk", flat=True)}
        assert works_on == {str(row.pk) for row in rows if hour.works_on(user, row)}


def _listed(topic: str) -> set[str]:
    shown: set[str] = set()
    for event in events_of(topic):
        if event["type"] == "ticket.created":
            shown.add(event["data"]["id"])
        elif event["type"] == "ticket.deleted":
            shown.discard(event["data"]["id"])
    return shown


def _check_words(hour: Hour) -> None:
    """What was edited away or deleted is nowhere any more, and what notes say is for agents."""
    agents = {f"user:{user.pk}" for user in hour.agents}
    for event in StoredEvent.objects.all():
        words = _words(event.data)
        assert not words & hour.taken_back
        assert event.topic in agents or "-notes:" in event.topic or not words & hour.internal
    for row in Notification.objects.select_related("recipient"):
        words = _words(f"{row.title} {row.message} {row.data}")
        assert not words & hour.taken_back
        assert row.recipient in hour.agents or not words & hour.internal


def _words(text: str) -> set[str]:
    return set(re.findall(r"word\d+end", text))
