"""E-mails as a mail server gets them."""

from __future__ import annotations

import re
from datetime import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from notifications.inbound import handlers
from notifications.models import Delivery, Digest, NotificationSettings
from notifications.services import mark_read, mute_target, notify, set_preferences
from notifications.services.deliveries import claim, due_deliveries, try_again
from notifications.services.sending import send_due_deliveries
from notifications.tests.conftest import let_time_pass
from notifications.tests.servers import MailServer
from notifications.unsubscribe import unsubscribe_url
from realtime.tests.threads import at_once

pytestmark = pytest.mark.django_db


def tell(*recipients: Any, kind: str = "test.replied", **fields: Any) -> None:
    notify(
        kind=kind,
        recipients=recipients,
        **{
            "title": "Bob replied on #123",
            "message": "It <works> & is done",
            "url": "/tickets/123/",
            "target": "ticket:123",
            "data": {"number": 123, "thread_subject": "[#123] Printer"},
            **fields,
        },
    )


def send_after(**span: float) -> str:
    let_time_pass(**span)
    return send_due_deliveries()


def test_an_email_has_text_and_html_and_can_be_unsubscribed_from(
    alice: Any, mailbox: MailServer
) -> None:
    tell(alice)
    assert send_after(minutes=1) == "1 sent, 0 skipped, 0 failed"

    [message] = mailbox.messages
    assert message["To"] == "alice@example.org"
    assert message["From"] == "Desk <desk@desk.example.org>"
    assert message["Subject"] == "[#123] Printer"
    plain = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert "It <works> & is done" in plain
    assert "It &lt;works&gt; &amp; is done" in html
    assert "https://desk.example.org/tickets/123/" in plain
    assert "https://desk.example.org/tickets/123/" in html
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<https://desk\.example\.org/\S+>", message["List-Unsubscribe"].strip())
    assert message["Auto-Submitted"] == "auto-generated"


def test_emails_about_one_thing_are_one_thread(alice: Any, mailbox: MailServer) -> None:
    for _ in range(2):
        tell(alice)
    tell(alice, target="ticket:124")
    send_after(minutes=1)
    one, two, other = mailbox.messages
    assert one["References"] == two["References"] == two["In-Reply-To"]
    assert other["References"] != one["References"]
    assert len({message["Message-ID"] for message in mailbox.messages}) == 3


def test_an_email_waits_a_moment_so_that_a_bundle_is_one(alice: Any, mailbox: MailServer) -> None:
    for _ in range(5):
        tell(alice, group_key="replied:123", data={"number": 123})
    assert send_due_deliveries() == "0 sent, 0 skipped, 0 failed"
    send_after(minutes=1)
    [message] = mailbox.messages
    assert message["Subject"] == "5 new replies on #123"


def test_what_was_read_in_the_app_is_not_mailed(alice: Any, mailbox: MailServer) -> None:
    [row] = notify(kind="test.replied", recipients=[alice], title="T", message="M")
    mark_read(notification=row)
    assert send_after(minutes=1) == "0 sent, 1 skipped, 0 failed"
    assert mailbox.raw == []
    assert Delivery.objects.get().reason == "it was read in the app before"


def test_who_turned_emails_off_meanwhile_gets_none(alice: Any, mailbox: MailServer) -> None:
    tell(alice)
    set_preferences(user=alice, kinds={"test.replied": {"email": False}})
    assert send_after(minutes=1) == "0 sent, 1 skipped, 0 failed"


def test_a_muted_ticket_is_silent_but_for_mentions(alice: Any, mailbox: MailServer) -> None:
    mute_target(user=alice, target="ticket:123")
    tell(alice)
    assert not alice.notifications.exists()
    tell(alice, kind="test.mentioned")
    send_after(minutes=1)
    assert len(mailbox.raw) == 1


def test_emails_alone_leave_nothing_in_the_app(alice: Any, mailbox: MailServer) -> None:
    set_preferences(user=alice, kinds={"test.replied": {"in_app": False}})
    for _ in range(3):
        tell(alice, group_key="replied:123", data={"number": 123})
    send_after(minutes=1)
    [message] = mailbox.messages
    assert message["Subject"] == "3 new replies on #123"
    assert not alice.notifications.filter(in_app=True).exists()


def test_a_digest_is_one_email_and_what_is_urgent_comes_at_once(
    alice: Any, mailbox: MailServer
) -> None:
    NotificationSettings.objects.create(user=alice, digest=Digest.DAILY, digest_at=time(8))
    for number in range(3):
        tell(alice, title=f"Reply {number}", target=f"ticket:{number}")
    tell(alice, kind="test.breached", title="Breach", data={})
    assert send_after(minutes=1) == "1 sent, 0 skipped, 0 failed"
    assert mailbox.messages[0]["Subject"] == "Breach"

    assert send_after(days=1) == "3 sent, 0 skipped, 0 failed"
    digest = mailbox.messages[1]
    assert digest["Subject"] == "Livedesk: 3 notifications"
    text = digest.get_body(("plain",)).get_content()
    assert all(f"Reply {number}" in text for number in range(3))
    assert set(Delivery.objects.filter(digest=True).values_list("message_id", flat=True)) == {
        digest["Message-ID"]
    }


def test_a_mail_server_that_is_down_is_tried_again_later(
    alice: Any, mailbox: MailServer, settings: Any
) -> None:
    tell(alice)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert send_after(minutes=1) == "0 sent, 0 skipped, 1 failed"
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("queued", 1)
    assert "ConnectionRefusedError" in delivery.reason
    assert not due_deliveries().exists()

    settings.EMAIL_PORT = port
    assert send_after(minutes=1) == "1 sent, 0 skipped, 0 failed"


def test_a_mail_server_that_is_down_does_not_hold_up_everything_else(
    alice: Any, mailbox: MailServer, settings: Any
) -> None:
    settings.EMAIL_PORT = 1
    for _ in range(10):
        tell(alice)
    assert send_after(minutes=1) == "0 sent, 0 skipped, 3 failed"
    assert due_deliveries().count() == 7
    assert send_due_deliveries() == "0 sent, 0 skipped, 3 failed"
    assert due_deliveries().count() == 4


@pytest.mark.django_db(transaction=True)
def test_several_workers_send_each_email_once(alice: Any, mailbox: MailServer) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite in memory has no second writer")
    for number in range(20):
        tell(alice, title=f"Reply {number}", data={})
    let_time_pass(minutes=1)
    at_once(*[send_due_deliveries] * 3)
    subjects = sorted(str(message["Subject"]) for message in mailbox.messages)
    assert subjects == sorted(f"Reply {number}" for number in range(20))


def test_an_address_that_is_refused_for_good_is_given_up_until_someone_asks_for_more(
    alice: Any, mailbox: MailServer
) -> None:
    mailbox.answer = "550 No such user"
    tell(alice)
    send_after(minutes=1)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason) == (
        "failed",
        "the mail server said 550 No such user",
    )
    mailbox.answer = ""
    assert try_again(Delivery.objects.all()) == 1
    assert send_due_deliveries() == "1 sent, 0 skipped, 0 failed"


def test_a_temporary_refusal_is_given_up_in_the_end(
    alice: Any, mailbox: MailServer, settings: Any
) -> None:
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "most_attempts": 2}
    mailbox.answer = "451 Try later"
    tell(alice)
    for expected in ("queued", "failed"):
        send_after(hours=1)
        assert Delivery.objects.get().status == expected


def test_a_delivery_is_taken_by_one_worker_until_its_lease_is_over(
    alice: Any, mailbox: MailServer
) -> None:
    tell(alice)
    let_time_pass(minutes=1)
    ids = list(due_deliveries().values_list("pk", flat=True))
    assert len(claim(ids)) == 1
    assert claim(ids) == []
    assert send_due_deliveries() == "0 sent, 0 skipped, 0 failed"
    assert send_after(minutes=10) == "1 sent, 0 skipped, 0 failed"


def test_a_kind_whose_app_is_gone_is_not_sent(alice: Any, mailbox: MailServer) -> None:
    tell(alice)
    alice.notifications.update(kind="gone.app")
    send_after(minutes=1)
    assert Delivery.objects.get().reason == "the app that declared its kind is gone"


def test_a_deactivated_user_is_not_mailed(alice: Any, mailbox: MailServer) -> None:
    tell(alice)
    alice.is_active = False
    alice.save()
    assert send_after(minutes=1) == "0 sent, 1 skipped, 0 failed"


def test_what_somebody_may_not_see_any_more_is_not_mailed(
    alice: Any, bob: Any, mailbox: MailServer
) -> None:
    for room in (f"user:{bob.pk}", f"user:{alice.pk}"):
        tell(alice, target=room)
    assert send_after(minutes=1) == "1 sent, 1 skipped, 0 failed"
    assert Delivery.objects.filter(reason="the user may not see it any more").exists()


def test_a_fault_of_ours_is_tried_again_and_leaves_the_others_alone(
    alice: Any, bob: Any, mailbox: MailServer
) -> None:
    tell(alice, bob)
    alice.notifications.update(data=["not", "a", "dictionary"])
    assert send_after(minutes=1) == "1 sent, 0 skipped, 1 failed"
    assert [message["To"] for message in mailbox.messages] == ["bob@example.org"]
    assert "AttributeError" in Delivery.objects.get(user=alice).reason


def test_an_address_with_a_line_break_does_no_harm(alice: Any, mailbox: MailServer) -> None:
    alice.email = "alice@example.org\nBcc: eve@example.org"
    alice.save()
    tell(alice)
    send_after(minutes=1)
    assert mailbox.raw == []
    assert Delivery.objects.get().status == "failed"


def test_a_title_with_a_line_break_becomes_one_line(alice: Any, mailbox: MailServer) -> None:
    tell(alice, title="Two\r\nlines", data={})
    send_after(minutes=1)
    assert mailbox.messages[0]["Subject"] == "Two lines"


def test_replies_go_to_an_address_of_their_own_where_they_are_taken(
    alice: Any, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(handlers._handlers, "ticket", lambda **_: None)
    tell(alice)
    tell(alice, target="invoice:1")
    send_after(minutes=1)
    answerable, other = mailbox.messages
    token = Delivery.objects.get(message_id=answerable["Message-ID"]).reply_token
    assert answerable["Reply-To"] == f"reply+{token}@desk.example.org"
    assert other["Reply-To"] is None


class TestUnsubscribing:
    @pytest.fixture
    def link(self, alice: Any, mailbox: MailServer) -> str:
        tell(alice)
        send_after(minutes=1)
        return urlsplit(mailbox.messages[0]["List-Unsubscribe"].strip(" <>")).path

    def wants_email(self, alice: Any) -> bool:
        return not alice.channel_preferences.filter(
            kind="test.replied", channel="email", enabled=False
        ).exists()

    def test_looking_changes_nothing_and_posting_does(self, alice: Any, link: str) -> None:
        client = Client(enforce_csrf_checks=True)
        page = client.get(link)
        assert page.status_code == 200
        assert b"<form" in page.content
        assert self.wants_email(alice)

        for _ in range(2):
            answer = client.post(link, {"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
        assert not self.wants_email(alice)

    def test_the_link_of_a_digest_stops_all_emails(self, alice: Any, link: str) -> None:
        stop_everything = urlsplit(unsubscribe_url(alice.pk, None)).path
        assert Client().post(stop_everything).status_code == 200
        tell(alice)
        assert Delivery.objects.filter(status="queued").count() == 0

    def test_the_page_speaks_the_language_of_the_user_else_of_the_browser(
        self, alice: Any, link: str
    ) -> None:
        in_german, in_english = "E-Mails dieser Art", "e-mails of this kind"
        german_browser = {"HTTP_ACCEPT_LANGUAGE": "de-DE,de;q=0.9"}
        assert in_english in Client().get(link).text
        page = Client().get(link, **german_browser).text
        assert in_german in page
        assert '<html lang="de">' in page
        assert "ungültig" in Client().get(f"{link[:-4]}xxx/", **german_browser).text
        for language, said in (("de", in_german), ("en", in_english)):
            NotificationSettings.objects.update_or_create(
                user=alice, defaults={"language": language}
            )
            assert (
                said in Client().post(link, **(german_browser if said == in_english else {})).text
            )

    def test_a_forged_link_does_nothing(self, alice: Any, link: str) -> None:
        forged = f"{link[:-4]}xxx/"
        assert Client().post(forged).status_code == 404
        assert self.wants_email(alice)
