"""What the operations do, allow and refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications.models import Notification
from notifications.registry import kinds_for
from notifications.selectors import counts_of
from realtime.errors import Conflict, Forbidden, IllegalTransition, InvalidField, MissingField
from tickets import services
from tickets.errors import AgentsOnly, NotYours, Stale, TooLate
from tickets.models import (
    Message,
    Queue,
    Reaction,
    Revision,
    Role,
    Status,
    Tag,
    Ticket,
    TicketEvent,
)
from tickets.states import TRANSITIONS
from tickets.tests.factories import make_message, make_participant, make_ticket, make_user

pytestmark = pytest.mark.django_db


def told(user: Any) -> list[str]:
    return list(
        Notification.objects.filter(recipient=user).order_by("id").values_list("kind", flat=True)
    )


# --- filing ---


def test_filing_a_ticket_twice_with_one_client_id_makes_one(carol: Any, support: Any) -> None:
    given = {"actor": carol, "subject": "Help", "content": "Please", "client_id": "c1"}
    first, was_new = services.create_ticket(**given)
    again, was_new_again = services.create_ticket(**given)
    assert (first, was_new, was_new_again) == (again, True, False)
    assert Ticket.objects.count() == Message.objects.count() == 1


def test_without_a_queue_a_ticket_goes_to_the_default_one(carol: Any) -> None:
    ticket, _ = services.create_ticket(actor=carol, subject="Help", content="Please")
    assert ticket.queue == Queue.objects.get(slug="support")


def test_numbers_count_up_however_tickets_are_made(carol: Any, support: Any) -> None:
    first = make_ticket(carol)
    second = Ticket.objects.create(subject="From a shell", requester=carol, queue=support)
    [third] = Ticket.objects.bulk_create([Ticket(subject="Bulk", requester=carol, queue=support)])
    assert [second.number, third.number] == [first.number + 1, first.number + 2]


def test_only_agents_of_the_queue_file_for_others(
    carol: Any, dave: Any, alice: Any, bob: Any, support: Any
) -> None:
    for actor in (dave, bob):
        with pytest.raises(AgentsOnly):
            services.create_ticket(actor=actor, subject="S", content="C", requester=carol)
    ticket, _ = services.create_ticket(actor=alice, subject="S", content="C", requester=carol)
    assert (ticket.requester, ticket.created_by) == (carol, alice)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("subject", "   ", MissingField),
        ("subject", "x" * 251, InvalidField),
        ("content", "", MissingField),
        ("content", "a\x00b", InvalidField),
        ("content", "\ud800", InvalidField),
        ("content", "x" * 65_537, InvalidField),
        ("queue", "nowhere", InvalidField),
        ("priority", "extreme", InvalidField),
        ("client_id", "x" * 81, InvalidField),
    ],
)
def test_a_ticket_that_cant_be_is_refused_and_nothing_stored(
    carol: Any, support: Any, field: str, value: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        services.create_ticket(
            **{"actor": carol, "subject": "Help", "content": "Please", field: value}
        )
    assert not Ticket.objects.exists()
    assert not Message.objects.exists()


# --- talking ---


def test_a_retry_with_the_same_client_id_gets_the_first_message(ticket: Any, carol: Any) -> None:
    first, _ = services.reply(ticket=ticket, actor=carol, content="One", client_id="m1")
    again, was_new = services.reply(ticket=ticket, actor=carol, content="Other", client_id="m1")
    assert (again.pk, again.content, was_new) == (first.pk, "One", False)


def test_a_client_id_belongs_to_its_author_and_to_one_ticket(
    ticket: Any, carol: Any, alice: Any
) -> None:
    services.reply(ticket=ticket, actor=carol, content="One", client_id="m1")
    _, was_new = services.reply(ticket=ticket, actor=alice, content="Two", client_id="m1")
    assert was_new
    _, was_new = services.reply(
        ticket=make_ticket(carol), actor=carol, content="Three", client_id="m1"
    )
    assert was_new


def test_a_client_id_is_not_for_a_reply_and_a_note_of_one_ticket(ticket: Any, alice: Any) -> None:
    services.reply(ticket=ticket, actor=alice, content="One", client_id="m1")
    with pytest.raises(Conflict):
        services.add_note(ticket=ticket, actor=alice, content="Two", client_id="m1")


def test_markdown_is_rendered_and_cleaned(ticket: Any, carol: Any) -> None:
    message = make_message(
        ticket,
        carol,
        content='**Hi** <script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror="y">',
    )
    assert "<strong>Hi</strong>" in message.html
    for evil in ("<script", 'javascript:alert(1)"', "<img"):
        assert evil not in message.html


@pytest.mark.parametrize("status", ["pending", "on_hold", "resolved", "closed"])
def test_a_customers_reply_opens_the_ticket_again(ticket: Any, carol: Any, status: str) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status=status)
    make_message(ticket, carol)
    ticket.refresh_from_db()
    assert ticket.status == Status.OPEN
    assert ticket.resolved_at is None and ticket.closed_at is None


def test_an_agents_first_reply_opens_a_new_ticket_and_a_note_doesnt(
    ticket: Any, alice: Any
) -> None:
    make_message(ticket, alice, kind="note")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.first_reply_at) == (Status.NEW, None)
    message = make_message(ticket, alice)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.first_reply_at) == (Status.OPEN, message.created_at)


def test_a_reply_makes_no_new_version(ticket: Any, carol: Any) -> None:
    version = Ticket.objects.get(pk=ticket.pk).version
    make_message(ticket, carol)
    assert Ticket.objects.get(pk=ticket.pk).version == version


def test_strangers_cant_reply_and_customers_cant_write_notes(
    ticket: Any, dave: Any, carol: Any
) -> None:
    with pytest.raises(Forbidden):
        make_message(ticket, dave)
    with pytest.raises(AgentsOnly):
        make_message(ticket, carol, kind="note")


def test_a_reply_cant_quote_a_note_or_another_ticket(ticket: Any, alice: Any, carol: Any) -> None:
    note = make_message(ticket, alice, kind="note")
    elsewhere = Message.objects.get(ticket=make_ticket(carol))
    for quoted in (note.pk, elsewhere.pk, "nonsense"):
        with pytest.raises(InvalidField):
            services.reply(ticket=ticket, actor=carol, content="As you said", in_reply_to=quoted)


# --- editing ---


def test_an_edit_keeps_what_was_said_before(ticket: Any, carol: Any) -> None:
    message = make_message(ticket, carol, content="Tomorow")
    edited = services.edit_message(message=message, actor=carol, content="Tomorrow")
    assert edited.edited_at is not None
    assert Revision.objects.get(message=message).content == "Tomorow"


def test_only_the_author_edits_and_only_for_a_while(ticket: Any, carol: Any, alice: Any) -> None:
    message = make_message(ticket, carol)
    with pytest.raises(NotYours):
        services.edit_message(message=message, actor=alice, content="Mine")
    Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - timedelta(hours=2))
    for change in (
        lambda: services.edit_message(message=message, actor=carol, content="Late"),
        lambda: services.delete_message(message=message, actor=carol),
    ):
        with pytest.raises(TooLate):
            change()


def test_who_lost_sight_of_the_ticket_cant_change_what_they_wrote(ticket: Any, dave: Any) -> None:
    row = make_participant(ticket, dave)
    message = make_message(ticket, dave)
    row.delete()
    with pytest.raises(Forbidden):
        services.edit_message(message=message, actor=dave, content="Still here")


@pytest.mark.parametrize(
    "emoji",
    [
        *(
            "👍",
            "👨‍👩‍👧",
            "❤️",
            "1️⃣",
            "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
            ":tada:",
            "❤",
            "#⃣",
            "🇩🇪",
            "👍🏽",
            "☝🏿",
            "🏳️‍🌈",
            "🏴‍☠️",
            "🫨",
        ),
        *("👩🏽‍❤️‍💋‍👨🏿", "🤷🏽‍♀️", "👁️‍🗨️", "ℹ️", "‼️", "↔️", "©", "™️", "㊗️", "🀄", "⌚", "🧑‍🦽‍➡️", "🏽"),
    ],
)
def test_emoji_are_taken(ticket: Any, carol: Any, emoji: str) -> None:
    message = make_message(ticket, carol)
    services.react(message=message, actor=carol, emoji=emoji)
    services.react(message=message, actor=carol, emoji=emoji)
    assert message.reactions.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        *(
            "lol",
            "",
            "<b>",
            "👍 x",
            "1",
            "👍/",
            "x" * 40,
            "👍👍",
            "👍❤️",
            "😀 😀",
            "🇩🇪🇫🇷",
            "🇩",
            "1️⃣2️⃣",
        ),
        *(
            "12⃣",
            "👍1",
            "+",
            "=",
            "^",
            "→",
            "§",
            "\u20e3",
            "\ufe0f",
            "\u200d",
            "👍\u200d",
            "\u200d👍",
        ),
        *("👍\u0301", "👍🏽🏽🏽", "🏴\U000e0067", ":tada::tada:", "👍:tada:"),
    ],
)
def test_what_is_no_emoji_is_refused(ticket: Any, carol: Any, text: str) -> None:
    message = make_message(ticket, carol)
    for service in (services.react, services.unreact):
        with pytest.raises((InvalidField, MissingField)):
            service(message=message, actor=carol, emoji=text)


def test_what_was_once_taken_for_an_emoji_can_be_taken_back(ticket: Any, carol: Any) -> None:
    message = make_message(ticket, carol)
    Reaction.objects.create(message=message, user=carol, emoji="👍👍")
    services.unreact(message=message, actor=carol, emoji="👍👍")
    assert not message.reactions.exists()


# --- states ---


@pytest.mark.parametrize("before", list(Status))
@pytest.mark.parametrize("after", list(Status))
def test_the_table_decides_every_move(
    ticket: Any, alice: Any, before: Status, after: Status
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status=before)
    if after == before or after in TRANSITIONS[before]:
        moved = services.transition_ticket(ticket=ticket, actor=alice, status=after)
        assert moved.status == after
        return
    with pytest.raises(IllegalTransition) as refused:
        services.transition_ticket(ticket=ticket, actor=alice, status=after)
    assert refused.value.details["legal"] == list(TRANSITIONS[before])


def test_a_customer_may_say_that_it_is_solved_or_isnt(ticket: Any, carol: Any) -> None:
    services.transition_ticket(ticket=ticket, actor=carol, status="resolved")
    services.transition_ticket(ticket=ticket, actor=carol, status="open")
    with pytest.raises(IllegalTransition):
        services.transition_ticket(ticket=ticket, actor=carol, status="closed")


# --- assigning and changing ---


def test_only_agents_are_assigned_and_only_agents_assign(
    ticket: Any, alice: Any, carol: Any, dave: Any
) -> None:
    with pytest.raises(InvalidField):
        services.assign_ticket(ticket=ticket, actor=alice, assignee=dave)
    with pytest.raises(AgentsOnly):
        services.assign_ticket(ticket=ticket, actor=carol, assignee=alice)


def test_a_stale_change_is_refused(ticket: Any, alice: Any) -> None:
    changed = services.change_ticket(
        ticket=ticket, actor=alice, changes={"priority": "high"}, expected_versions=[1]
    )
    assert changed.version == 2
    with pytest.raises(Stale):
        services.change_ticket(
            ticket=ticket, actor=alice, changes={"priority": "low"}, expected_versions=[1]
        )


def test_tags_are_a_change_and_new_ones_are_made(ticket: Any, alice: Any) -> None:
    changed = services.change_ticket(
        ticket=ticket, actor=alice, changes={"tags": ["Billing", "vip", "vip "]}
    )
    assert sorted(tag.name for tag in changed.tags.all()) == ["billing", "vip"]
    assert changed.version == 2
    same = services.change_ticket(ticket=ticket, actor=alice, changes={"tags": ["vip", "billing"]})
    assert same.version == 2


def test_a_tag_that_is_too_long_in_lower_case_is_refused(ticket: Any, alice: Any) -> None:
    with pytest.raises(InvalidField):
        services.change_ticket(ticket=ticket, actor=alice, changes={"tags": ["İ" * 40]})


# --- people ---


def test_agents_add_people_who_then_see_the_ticket(
    ticket: Any, alice: Any, bob: Any, carol: Any, dave: Any
) -> None:
    row, _ = services.add_participant(ticket=ticket, actor=alice, user=dave)
    assert row.role == Role.CC
    row, _ = services.add_participant(ticket=ticket, actor=alice, user=bob)
    assert row.role == Role.AGENT
    with pytest.raises(AgentsOnly):
        services.add_participant(ticket=ticket, actor=carol, user=make_user())
    with pytest.raises(InvalidField):
        services.add_participant(ticket=ticket, actor=alice, user=make_user(), role="agent")


def test_people_may_leave_but_not_the_requester(ticket: Any, carol: Any, dave: Any) -> None:
    make_participant(ticket, dave)
    services.remove_participant(ticket=ticket, actor=dave, user=dave)
    assert not ticket.participants.filter(user=dave).exists()
    with pytest.raises(InvalidField):
        services.remove_participant(ticket=ticket, actor=carol, user=carol)


# --- telling ---


def test_customers_can_decide_about_what_reaches_them_only(carol: Any, alice: Any) -> None:
    theirs, all_of_them = ({kind.name for kind in kinds_for(user)} for user in (carol, alice))
    assert theirs < all_of_them
    assert {name for name in theirs if name.startswith(("ticket.", "sla."))} == {
        *("ticket.replied", "ticket.mentioned", "ticket.resolved", "ticket.added")
    }


def test_an_assignment_tells_the_assignee_and_nobody_their_own_act(
    ticket: Any, alice: Any, bob: Any
) -> None:
    services.assign_ticket(ticket=ticket, actor=alice, assignee=bob)
    assert told(bob) == ["ticket.assigned"]
    services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
    assert told(alice) == []


def test_who_a_ticket_is_filed_for_is_told_of_it(carol: Any, alice: Any, support: Any) -> None:
    services.create_ticket(actor=alice, subject="S", content="As you said", requester=carol)
    services.create_ticket(actor=carol, subject="S", content="My own")
    assert told(carol) == ["ticket.added"]
    assert Notification.objects.get(recipient=carol).message == "As you said"


def test_a_reply_tells_the_other_side(ticket: Any, alice: Any, carol: Any) -> None:
    make_message(ticket, carol, content="Hello?")
    assert told(alice) == ["ticket.replied"]
    make_message(ticket, alice, content="Yes")
    assert told(carol) == ["ticket.replied"]
    assert told(alice) == ["ticket.replied"]


def test_who_replies_has_read_what_they_answer(ticket: Any, alice: Any, carol: Any) -> None:
    services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
    other = make_ticket(carol, queue=ticket.queue)
    make_message(other, alice)
    for _ in range(3):
        make_message(ticket, alice)
        make_message(ticket, carol)
    for user, kind in ((carol, "ticket.replied"), (alice, "ticket.replied")):
        rows = Notification.objects.filter(recipient=user, kind=kind, target=ticket.room)
        assert list(rows.values_list("count", flat=True)) == [1, 1, 1]
    assert counts_of(carol.pk) == {"unread": 1, "unseen": 1}  # of the other ticket
    assert counts_of(alice.pk) == {"unread": 1, "unseen": 1}
    make_message(ticket, alice, kind="note")
    assert counts_of(alice.pk) == {"unread": 0, "unseen": 0}


def test_with_an_assignee_the_rest_of_the_queue_is_left_in_peace(
    ticket: Any, alice: Any, bob: Any, carol: Any
) -> None:
    services.assign_ticket(ticket=ticket, actor=None, assignee=bob)
    make_message(ticket, carol)
    assert told(alice) == []
    assert told(bob) == ["ticket.assigned", "ticket.replied"]


@pytest.mark.parametrize("lost", [{"is_staff": False}, {"is_active": False}])
def test_an_assignee_who_is_no_agent_any_more_is_told_nothing_and_the_queue_is(
    ticket: Any, alice: Any, bob: Any, carol: Any, lost: dict[str, bool]
) -> None:
    services.assign_ticket(ticket=ticket, actor=alice, assignee=bob)
    type(bob).objects.filter(pk=bob.pk).update(**lost)
    make_message(ticket, carol)
    services.transition_ticket(ticket=ticket, actor=alice, status="resolved")
    services.rate_ticket(ticket=ticket, actor=carol, score=1)
    assert told(bob) == ["ticket.assigned"]
    assert told(alice) == ["ticket.replied"]


def test_no_customer_is_told_of_a_note(ticket: Any, alice: Any, bob: Any, carol: Any) -> None:
    make_participant(ticket, bob, Role.WATCHER)
    make_message(ticket, alice, kind="note", content="@carol @bob she is upset")
    assert told(carol) == []
    assert told(bob) == ["ticket.mentioned"]


def test_a_mention_tells_once_and_only_those_who_may_read_it(
    ticket: Any, alice: Any, carol: Any, dave: Any
) -> None:
    services.assign_ticket(ticket=ticket, actor=None, assignee=alice)
    Notification.objects.all().delete()
    message = make_message(ticket, carol, content="@alice, @dave and `@carol`: mail a@alice.org")
    assert [mention.user for mention in message.mentions.all()] == [alice]
    assert told(alice) == ["ticket.mentioned"]
    assert told(dave) == []


def test_reading_moves_forward_only_and_no_further_than_there_is_something(
    ticket: Any, carol: Any
) -> None:
    from tickets.tests.conftest import events_of

    last = events_of(ticket.room)[-1]["seq"]
    assert services.mark_read(ticket=ticket, actor=carol, seq=2).seq == 2
    assert services.mark_read(ticket=ticket, actor=carol, seq=1).seq == 2
    assert services.mark_read(ticket=ticket, actor=carol, seq=10**9).seq == last


def test_the_audit_says_which_tags_there_were(ticket: Any, alice: Any, carol: Any) -> None:
    def last() -> Any:
        entry = TicketEvent.objects.filter(ticket=ticket).first()
        assert entry is not None and entry.action == "ticket.tagged"
        return entry.before, entry.after

    services.change_ticket(ticket=ticket, actor=alice, changes={"tags": ["bug", "login"]})
    assert last() == ({"tags": []}, {"tags": ["bug", "login"]})
    services.change_ticket(ticket=ticket, actor=alice, changes={"tags": ["bug"]})
    assert last() == ({"tags": ["bug", "login"]}, {"tags": ["bug"]})
    Tag.objects.get(name="bug").delete()
    assert last() == ({"tags": ["bug"]}, {"tags": []})


def test_the_audit_leaves_out_what_only_follows(ticket: Any) -> None:
    before = ticket.audit.count()
    Ticket.objects.filter(pk=ticket.pk).update(created_at=ticket.created_at - timedelta(days=1))
    assert ticket.audit.count() == before


def test_the_audit_says_who_changed_what(ticket: Any, alice: Any) -> None:
    services.transition_ticket(ticket=ticket, actor=alice, status="resolved")
    entry = TicketEvent.objects.filter(ticket=ticket).first()
    assert entry is not None
    assert (entry.actor, entry.action) == (alice, "ticket.changed")
    assert (entry.before, entry.after) == ({"status": "new"}, {"status": "resolved"})
    Ticket.objects.filter(pk=ticket.pk).update(priority="low")
    entry = TicketEvent.objects.filter(ticket=ticket).first()
    assert entry is not None and entry.actor is None
    assert entry.after == {"priority": "low"}
