"""Notifications say what the messages say that they quote, also after these were edited or taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications.models import Delivery, Digest, Notification, NotificationSettings
from notifications.services.sending import send_due_deliveries
from notifications.tests.conftest import mailbox  # noqa: F401  a fixture
from notifications.tests.servers import MailServer
from tickets import services
from tickets.models import Message, Participant, QueueMember, Role, Ticket
from tickets.tests.conftest import client_of, events_of, types_of
from tickets.tests.factories import make_message, make_participant, make_ticket

pytestmark = pytest.mark.django_db

GONE = "This was taken back."


def told(user: Any) -> Any:
    """The latest notification in the user's list, by REST."""
    return client_of(user).get("/api/v1/notifications/").json()["results"][0]


def room(user: Any) -> str:
    return f"user:{user.pk}"


def send() -> str:
    Delivery.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    return send_due_deliveries()


def test_an_edit_is_in_the_list_and_told(ticket: Ticket, alice: Any, carol: Any) -> None:
    message = make_message(ticket, alice, content="My password is swordfish")
    before = told(carol)
    services.edit_message(message=message, actor=alice, content="Look it up")
    now = told(carol)
    assert now["message"] == "alice: Look it up"
    assert now["data"]["excerpt"] == "Look it up"
    changed = {"message", "data"}
    assert {k: v for k, v in now.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    event = events_of(room(carol))[-1]
    assert event["type"] == "notification.updated"
    assert (event["data"]["id"], event["data"]["message"]) == (now["id"], "alice: Look it up")
    assert "swordfish" not in str(events_of(room(carol)))
    assert types_of(room(carol)) == ["notification.new", "notification.updated"]


def test_a_deletion_leaves_nothing_of_the_text(ticket: Ticket, alice: Any, carol: Any) -> None:
    message = make_message(ticket, alice, content="My password is swordfish, @carol")
    services.delete_message(message=message, actor=alice)
    now = told(carol)
    assert (now["message"], now["data"]["excerpt"], now["data"]["withdrawn"]) == (GONE, "", True)
    assert "swordfish" not in str(events_of(room(carol)))
    assert types_of(room(carol)) == ["notification.mentioned", "notification.updated"]


def test_it_is_said_in_the_language_of_who_reads_it(ticket: Ticket, alice: Any, carol: Any) -> None:
    NotificationSettings.objects.create(user=carol, language="de")
    message = make_message(ticket, alice, content="My password is swordfish")
    services.delete_message(message=message, actor=alice)
    assert told(carol)["message"] == "Das wurde zurückgenommen."


def test_a_file_that_is_deleted_isnt_named_any_more(
    ticket: Ticket, alice: Any, carol: Any, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    first, second = (
        services.attach_file(ticket=ticket, actor=alice, name=name, content=b"x")
        for name in ("swordfish.txt", "cat.txt")
    )
    make_message(ticket, alice, content="", attachments=[str(first.pk), str(second.pk)])
    assert told(carol)["message"] == "alice: swordfish.txt, cat.txt"
    services.delete_attachment(attachment=first, actor=alice)
    assert told(carol)["message"] == "alice: cat.txt"
    services.delete_attachment(attachment=second, actor=alice)
    assert told(carol)["message"] == GONE
    assert "cat.txt" not in str(events_of(room(carol)))


def test_a_row_that_is_deleted_in_a_shell_is_withdrawn_too(
    ticket: Ticket, alice: Any, carol: Any
) -> None:
    message = make_message(ticket, alice, content="My password is swordfish")
    Message.objects.filter(pk=message.pk).delete()
    assert told(carol)["message"] == GONE
    assert "swordfish" not in str(events_of(room(carol)))


def test_of_a_bundle_only_what_quotes_the_message_changes(
    ticket: Ticket, alice: Any, carol: Any
) -> None:
    first = make_message(ticket, alice, content="My password is swordfish")
    make_message(ticket, alice, content="It is fixed")
    services.edit_message(message=first, actor=alice, content="Never mind")
    assert told(carol)["message"] == "alice: It is fixed"
    texts = [event["data"]["message"] for event in events_of(room(carol))]
    assert texts == ["alice: Never mind", "alice: It is fixed", "alice: It is fixed"]


def test_who_may_not_read_it_any_more_is_not_told_what_it_says_now(
    ticket: Ticket, alice: Any, admin: Any
) -> None:
    note = make_message(ticket, admin, kind="note", content="The old plan, @alice")
    QueueMember.objects.filter(user=alice).delete()
    services.edit_message(message=note, actor=admin, content="The new plan, @alice")
    row = Notification.objects.get(recipient=alice, kind="ticket.mentioned")
    assert row.message == GONE
    heard = str(events_of(room(alice)))
    assert "new plan" not in heard
    assert "old plan" not in heard


def test_an_email_that_waits_says_what_is_so_now(
    ticket: Ticket,
    alice: Any,
    carol: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    message = make_message(ticket, alice, content="My password is swordfish")
    services.edit_message(message=message, actor=alice, content="Look it up")
    assert send() == "1 sent, 0 skipped, 0 failed"
    [mail] = mailbox.messages
    assert "swordfish" not in str(mail)
    assert "Look it up" in str(mail)


def test_a_note_isnt_mailed_to_who_may_not_read_notes_any_more(
    ticket: Ticket,
    alice: Any,
    bob: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    services.add_participant(ticket=ticket, actor=alice, user=bob)
    make_message(ticket, alice, kind="note", content="It was his fault")
    services.add_participant(ticket=ticket, actor=alice, user=bob, role="cc")
    assert send() == "1 sent, 1 skipped, 0 failed"
    assert not any("fault" in str(mail) for mail in mailbox.messages)
    skipped = Delivery.objects.get(status="skipped")
    assert skipped.reason == "the user may not see it any more"


def test_nothing_is_mailed_of_what_was_taken_back(
    ticket: Ticket,
    alice: Any,
    carol: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    message = make_message(ticket, alice, content="My password is swordfish")
    services.delete_message(message=message, actor=alice)
    assert send() == "0 sent, 1 skipped, 0 failed"
    assert mailbox.messages == []


def test_a_digest_leaves_out_what_was_taken_back(
    ticket: Ticket,
    alice: Any,
    carol: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    NotificationSettings.objects.create(user=carol, digest=Digest.DAILY)
    taken_back = make_message(ticket, alice, content="My password is swordfish, @carol")
    make_message(ticket, alice, content="It is fixed, @carol")
    services.delete_message(message=taken_back, actor=alice)
    assert send() == "1 sent, 1 skipped, 0 failed"
    [mail] = mailbox.messages
    assert "swordfish" not in str(mail)
    assert "It is fixed" in str(mail)


def test_what_was_told_in_the_same_transaction_is_corrected_too(
    ticket: Ticket, alice: Any, carol: Any
) -> None:
    make_message(ticket, alice, content="Hello")
    assert types_of(room(carol)) == ["notification.new"]  # has its number
    message = make_message(ticket, alice, content="My password is swordfish")
    services.edit_message(message=message, actor=alice, content="Look it up")
    assert "swordfish" not in str(events_of(room(carol)))
    assert told(carol)["message"] == "alice: Look it up"


def test_each_of_many_is_told_in_their_own_words_and_with_their_own_counters(
    ticket: Ticket, alice: Any, bob: Any, carol: Any, dave: Any
) -> None:
    make_participant(ticket, dave)
    make_participant(ticket, bob, Role.WATCHER)
    NotificationSettings.objects.create(user=dave, language="de")
    make_message(make_ticket(carol), alice)
    message = make_message(ticket, alice, content="My password is swordfish")
    Participant.objects.filter(user=bob).delete()
    services.edit_message(message=message, actor=alice, content="Look it up")
    said, counted = {}, {}
    for user in (bob, carol, dave):
        event = events_of(room(user))[-1]
        assert event["type"] == "notification.updated"
        said[user.username] = event["data"]["message"]
        counted[user.username] = event["data"]["counts"]
        assert event["data"]["actor"]["username"] == "alice"
        assert "swordfish" not in str(events_of(room(user)))
    assert said == {"bob": GONE, "carol": "alice: Look it up", "dave": "alice: Look it up"}
    one, two = {"unread": 1, "unseen": 1}, {"unread": 2, "unseen": 2}
    assert counted == {"bob": one, "carol": two, "dave": one}
    services.delete_message(message=message, actor=alice)
    texts = {user.username: told(user)["message"] for user in (bob, carol, dave)}
    assert texts == {"bob": GONE, "carol": GONE, "dave": "Das wurde zurückgenommen."}
