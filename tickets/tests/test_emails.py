"""What e-mails about a ticket say: the whole message, as it is when they are sent."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone

from notifications.models import Delivery, Notification, NotificationSettings
from notifications.services.sending import send_due_deliveries
from notifications.tests.conftest import mailbox  # noqa: F401  a fixture
from notifications.tests.servers import MailServer
from tickets import services
from tickets.models import Queue, Ticket, Trigger
from tickets.tests.factories import make_message, make_participant, make_ticket

pytestmark = pytest.mark.django_db

LONG = "It burns & smokes. " * 30 + "That was the end."
MARKDOWN = """Please try **this**:

- pull the plug
- wait

> It is <hot>

```
sudo lpr --extinguish
```"""


def send() -> str:
    Delivery.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    return send_due_deliveries()


def mailed_to(user: Any, server: MailServer) -> list[EmailMessage]:
    return [message for message in server.messages if message["To"] == user.email]


def text_of(message: EmailMessage) -> str:
    part: Any = message.get_body(("plain",))
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(message: EmailMessage) -> str:
    part: Any = message.get_body(("html",))
    return str(part.get_content()).replace("\r\n", "\n")


def test_an_email_has_all_of_a_long_reply(
    ticket: Ticket,
    alice: Any,
    carol: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    make_message(ticket, alice, content=LONG)
    send()
    [message] = mailed_to(carol, mailbox)
    assert LONG in text_of(message)
    assert "alice:" in text_of(message)
    assert "That was the end." in html_of(message)


def test_an_email_shows_lists_quotes_and_code(
    ticket: Ticket,
    alice: Any,
    carol: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    make_message(ticket, alice, content=MARKDOWN)
    send()
    [message] = mailed_to(carol, mailbox)
    assert MARKDOWN in text_of(message)
    html = html_of(message)
    assert "<strong>this</strong>" in html
    assert "<li>pull the plug</li>" in html
    assert "<blockquote>\n<p>It is &lt;hot&gt;</p>" in html
    assert "sudo lpr --extinguish\n</code></pre>" in html


def test_a_note_and_a_mention_are_mailed_whole(
    ticket: Ticket,
    alice: Any,
    admin: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    services.assign_ticket(ticket=ticket, actor=alice, assignee=alice)
    make_message(ticket, admin, kind="note", content=LONG)
    make_message(ticket, admin, kind="note", content=f"@alice {LONG}")
    send()
    whole = [message for message in mailed_to(alice, mailbox) if LONG in text_of(message)]
    assert len(whole) == 2


def test_a_bundle_is_mailed_with_all_that_is_new_in_it(
    ticket: Ticket,
    alice: Any,
    carol: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    make_message(ticket, alice, content="One")
    make_message(ticket, None, content="Two")
    send()
    make_message(ticket, alice, content="Three")
    send()
    first, second = map(text_of, mailed_to(carol, mailbox))
    assert "alice:\n\nOne\n\nThe desk:\n\nTwo\n" in first
    assert "3 new replies" in second
    assert "Three" in second
    assert "Two" not in second


def test_an_email_says_what_is_so_when_it_is_sent(
    ticket: Ticket,
    alice: Any,
    carol: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    first = make_message(ticket, alice, content="My password is swordfish")
    second = make_message(ticket, alice, content="And my cat is called Tom")
    services.edit_message(message=first, actor=alice, content=LONG)
    services.delete_message(message=second, actor=alice)
    send()
    [message] = mailed_to(carol, mailbox)
    assert LONG in text_of(message)
    assert "swordfish" not in str(message)
    assert "Tom" not in str(message)


def test_nothing_is_mailed_of_what_went_where_one_may_not_follow(
    ticket: Ticket,
    alice: Any,
    carol: Any,
    dave: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    make_participant(ticket, dave)
    make_message(ticket, alice, content="Hello")
    moved = make_message(ticket, alice, content=LONG)
    new = services.split_ticket(ticket=ticket, actor=alice, messages=[moved.pk], subject="Part")
    services.remove_participant(ticket=new, actor=alice, user=dave)
    send()
    assert not [one for one in mailed_to(dave, mailbox) if "That was the end" in str(one)]
    assert [one for one in mailed_to(carol, mailbox) if LONG in text_of(one)]


def test_a_reply_that_is_only_files_says_which(
    ticket: Ticket,
    alice: Any,
    carol: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    files = [
        services.attach_file(ticket=ticket, actor=alice, name=name, content=b"It burnt")
        for name in ("report.txt", "a <b>.log")
    ]
    make_message(ticket, alice, content="", attachments=[str(file.pk) for file in files])
    assert Notification.objects.get(recipient=carol).message == "alice: report.txt, a <b>.log"
    send()
    [message] = mailed_to(carol, mailbox)
    assert "Files: report.txt, a <b>.log" in text_of(message)
    assert "Files: report.txt, a &lt;b&gt;.log" in html_of(message)


def test_where_there_is_little_room_a_cut_is_seen(
    ticket: Ticket,
    alice: Any,
    carol: Any,
    mailbox: MailServer,  # noqa: F811
) -> None:
    NotificationSettings.objects.create(user=carol, digest="daily")
    make_message(ticket, alice, content=LONG)
    said = Notification.objects.get(recipient=carol).data["excerpt"]
    assert (len(said), said[-1]) == (200, "…")
    send()
    [message] = mailed_to(carol, mailbox)
    assert "…" in text_of(message)
    assert "That was the end" not in str(message)


def test_what_a_trigger_says_comes_from_the_desk(carol: Any, alice: Any, support: Queue) -> None:
    NotificationSettings.objects.create(user=alice, language="de")
    said = "We have got your request, @alice has a look"
    actions = [{"do": "reply", "content": said}]
    Trigger.objects.create(name="Greet", event="ticket.created", actions=actions)
    ticket = make_ticket(carol, queue=support)
    told = Notification.objects.get(recipient=carol, kind="ticket.replied")
    assert told.message == f"The desk: {said}"
    asked = Notification.objects.get(recipient=alice, kind="ticket.mentioned")
    assert asked.title == f"Der Helpdesk hat dich in #{ticket.number} erwähnt: {ticket.subject}"


def test_what_the_desk_said_and_somebody_corrected_still_comes_from_the_desk(
    ticket: Ticket, carol: Any
) -> None:
    message = make_message(ticket, None, content="We have got your request")
    message.content = "We have your request"
    message.save()
    told = Notification.objects.get(recipient=carol, kind="ticket.replied")
    assert told.message == "The desk: We have your request"
