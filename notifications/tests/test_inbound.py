"""Replies by e-mail, from the mail as it comes in to what it is about."""

from __future__ import annotations

import mailbox as mailboxes
from contextlib import suppress
from email.message import EmailMessage
from io import BytesIO, StringIO
from pathlib import Path
from time import thread_time
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from notifications.inbound import handlers
from notifications.inbound.parsing import UnreadableEmail
from notifications.inbound.quotes import without_quotes
from notifications.inbound.receive import receive_email
from notifications.models import Delivery, InboundMessage
from notifications.services import notify
from notifications.services.sending import send_due_deliveries
from notifications.tests.conftest import let_time_pass
from notifications.tests.factories import make_user
from notifications.tests.servers import MailServer
from realtime.actor import current_actor
from realtime.errors import Forbidden

pytestmark = pytest.mark.django_db


class Target:
    """What replies are about: keeps them, or refuses them."""

    def __init__(self) -> None:
        self.replies: list[SimpleNamespace] = []
        self.error: Exception | None = None

    def take(self, **reply: Any) -> None:
        if self.error:
            raise self.error
        self.replies.append(SimpleNamespace(**reply, actor=current_actor()))


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    target = Target()
    monkeypatch.setitem(handlers._handlers, "ticket", target.take)
    return target


@pytest.fixture
def sent(alice: Any, mailbox: MailServer, target: Target) -> EmailMessage:
    """An e-mail that Alice got about a ticket."""
    notify(
        kind="test.replied", recipients=[alice], title="Reply", message="Hello", target="ticket:1"
    )
    let_time_pass(minutes=1)
    send_due_deliveries()
    return mailbox.messages[0]


def answer(sent: EmailMessage, text: str = "Thank you!", **headers: str) -> EmailMessage:
    """The answer that a mail program makes; a header given as empty is left out."""
    message = EmailMessage()
    defaults = {
        "From": "Alice <Alice@Example.org>",
        "To": str(sent["Reply-To"]),
        "Subject": f"Re: {sent['Subject']}",
        "Message-ID": "<answer-1@mail.example.org>",
        "In-Reply-To": str(sent["Message-ID"]),
    }
    for name, value in {**defaults, **{k.replace("_", "-"): v for k, v in headers.items()}}.items():
        if value:
            message[name] = value
    message.set_content(
        f"{text}\n\nOn Tue, 10 Mar 2026 at 10:00, Desk <desk@desk.example.org> wrote:\n\n"
        "> Hello\n> -- \n> Livedesk\n"
    )
    return message


def test_an_answer_reaches_what_it_is_about_without_what_it_quotes(
    sent: EmailMessage, alice: Any, target: Target
) -> None:
    row = receive_email(answer(sent).as_bytes())
    assert (row.status, row.user, row.target) == ("accepted", alice, "ticket:1")
    [reply] = target.replies
    assert (reply.user, reply.content) == (alice, "Thank you!")
    assert (reply.answered.target, reply.answered.kind) == ("ticket:1", "test.replied")
    assert reply.actor.username == "alice"


def test_the_same_email_read_twice_is_one_reply(sent: EmailMessage, target: Target) -> None:
    for _ in range(2):
        receive_email(answer(sent).as_bytes())
    assert len(target.replies) == 1


def test_an_answer_without_the_reply_address_is_known_by_its_thread(
    sent: EmailMessage, target: Target
) -> None:
    receive_email(answer(sent, To="desk@desk.example.org").as_bytes())
    assert len(target.replies) == 1


def test_an_answer_in_html_alone_is_read(sent: EmailMessage, target: Target) -> None:
    message = answer(sent)
    message.set_content("<p>Thank <b>you</b></p><script>alert(1)</script>", subtype="html")
    receive_email(message.as_bytes())
    assert target.replies[0].content.startswith("Thank **you**")
    assert "<script" not in target.replies[0].content


@pytest.mark.parametrize(
    "text",
    [
        "Thank you!\n\nAm 10.03.2026 um 10:00 schrieb Desk <desk@x.org>:\n\n> Hallo\n",
        "Thank you!\n\n________________________________\nFrom: Desk <desk@x.org>\n"
        "Sent: Tuesday, March 10, 2026 10:00\nTo: Alice\nSubject: Re: x\n\nHello\n",
        "On Tue, Desk <desk@x.org> wrote:\n> Hello\n\nThank you!\n",
        "Thank you!\n-- \nAlice\nHead of Printing\n",
    ],
)
def test_what_mail_programs_add_is_left_out(text: str) -> None:
    assert without_quotes(text) == "Thank you!"


def test_answers_between_the_lines_keep_what_they_answer() -> None:
    text = "> Is it plugged in?\nYes\n> Is it on?\nNo"
    assert without_quotes(text) == text


def test_files_come_along(sent: EmailMessage, target: Target) -> None:
    message = answer(sent)
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="screen.png")
    receive_email(message.as_bytes())
    [file] = target.replies[0].attachments
    assert (file.name, file.content_type, file.content) == ("screen.png", "image/png", b"\x89PNG")


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({"From": "eve@example.org"}, "refused", "another address"),
        ({"To": "desk@desk.example.org", "In_Reply_To": "<x@y>"}, "refused", "answers nothing"),
        ({"To": f"reply+{'0' * 40}@desk.example.org", "In_Reply_To": ""}, "refused", "nothing"),
        ({"Auto_Submitted": "auto-replied"}, "ignored", "robot"),
        ({"Precedence": "bulk"}, "ignored", "robot"),
        ({"Return_Path": "<>"}, "ignored", "robot"),
    ],
)
def test_what_is_not_an_answer_of_the_one_who_was_written_to_changes_nothing(
    sent: EmailMessage, target: Target, headers: dict[str, str], status: str, reason: str
) -> None:
    row = receive_email(answer(sent, **headers).as_bytes())
    assert row.status == status
    assert reason in row.reason
    assert target.replies == []


def test_what_a_refused_email_said_is_kept_where_an_admin_sees_it(
    sent: EmailMessage, target: Target
) -> None:
    message = answer(sent, "The fire is out! " * 2_000, From="carol.at.home@example.org")
    message.add_attachment(b"It burnt", maintype="text", subtype="plain", filename="report.txt")
    row = receive_email(message.as_bytes())
    assert row.content.startswith("The fire is out! The fire")
    assert len(row.content) == 20_000
    short = answer(sent, "It is out", From="carol.at.home@example.org", Message_ID="<2@x.org>")
    short.add_attachment(b"It burnt", maintype="text", subtype="plain", filename="report.txt")
    row = receive_email(short.as_bytes())
    assert row.content == "It is out\n[report.txt]"
    root = make_user(username="root", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(root)
    url = reverse("admin:notifications_inboundmessage_change", args=[row.pk])
    assert "It is out" in client.get(url).text


def test_what_was_taken_isnt_kept_twice(sent: EmailMessage, target: Target) -> None:
    assert receive_email(answer(sent).as_bytes()).content == ""


def test_who_lost_access_is_refused(sent: EmailMessage, target: Target) -> None:
    target.error = Forbidden()
    row = receive_email(answer(sent).as_bytes())
    assert (row.status, row.reason) == ("refused", str(Forbidden()))


def test_an_account_that_was_closed_cannot_answer(
    sent: EmailMessage, alice: Any, target: Target
) -> None:
    alice.is_active = False
    alice.save()
    assert receive_email(answer(sent).as_bytes()).status == "refused"


def test_a_failure_leaves_nothing_so_that_the_email_can_be_read_again(
    sent: EmailMessage, target: Target
) -> None:
    target.error = RuntimeError("the disk is full")
    with pytest.raises(RuntimeError):
        receive_email(answer(sent).as_bytes())
    assert not InboundMessage.objects.exists()
    target.error = None
    assert receive_email(answer(sent).as_bytes()).status == "accepted"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 100,
        b"From: a@b.c\r\n\r\nno id",
        b"Message-ID: <1@x>\r\n\r\nno sender",
        b"From: =?utf-8?b?/////w==?=\r\nMessage-ID: <\xff>\r\n\r\nx",
    ],
)
def test_what_is_no_email_is_unreadable(raw: bytes) -> None:
    with pytest.raises(UnreadableEmail):
        receive_email(raw)
    assert not InboundMessage.objects.exists()


def test_an_email_that_is_too_large_is_not_even_read(settings: Any) -> None:
    settings.NOTIFICATIONS = {"largest_email": 10}
    with pytest.raises(UnreadableEmail, match="too large"):
        receive_email(b"From: a@b.c\r\n" * 10)


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Type: text/plain; charset=no-such-thing\r\nContent-Transfer-Encoding: base64",
        b"Content-Type: multipart/mixed",
        b"Content-Type: text/html; charset=utf-16",
        b"Subject: =?utf-8?b?////?= \xff\x00\r\nIn-Reply-To: <\xff@x>",
        b"To: " + b"a@b.c, " * 2000,
    ],
)
def test_a_broken_email_is_refused_or_unreadable_but_breaks_nothing(
    headers: bytes, target: Target
) -> None:
    raw = b"From: a@b.c\r\nMessage-ID: <1@x>\r\n" + headers + b"\r\n\r\n!!!!\xff\x00!!!!"
    with suppress(UnreadableEmail):
        assert receive_email(raw).status == "refused"
    assert target.replies == []


HOSTILE = {
    "headers in the text": b"From: x\n" * 100_000,
    "beginnings of quotes": b"On " * 100_000,
    "blank lines": b"\n" * 500_000,
    "quote marks": b"> " * 250_000,
    "lines that begin quotes": b"On x\n" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_long_to_read(text: bytes, target: Target) -> None:
    started = thread_time()  # a busy machine takes longer, and no more work
    receive_email(b"From: a@b.c\nMessage-ID: <1@x>\n\n" + text)
    assert thread_time() - started < 5


@pytest.mark.parametrize(
    "headers",
    [
        b"To: " + b"a@b.c, " * 8000,
        b"To: " + b"(" * 60_000,
        b"Content-Type: text/plain; " + b"a=b; " * 10_000,
        b"Content-Type: " + b'"(' * 30_000,
        b"Content-Disposition: attachment; " + b"filename*0=a; " * 4000,
        b"Subject: " + b"=?utf-8?q?a?= " * 4000,
        b"References: " + b"<a@b> " * 10_000,
        b"X: " + b"x" * 10_000_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(500)
        ),
    ],
)
def test_no_structure_takes_long_to_read(headers: bytes, target: Target) -> None:
    started = thread_time()  # a busy machine takes longer, and no more work
    with suppress(UnreadableEmail):
        receive_email(b"From: a@b.c\nMessage-ID: <1@x>\n" + headers + b"\n\nx")
    assert thread_time() - started < 5
    assert target.replies == []


class TestTheCommand:
    def receive(self, monkeypatch: pytest.MonkeyPatch, raw: bytes = b"", **options: Any) -> str:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=BytesIO(raw)))
        out = StringIO()
        call_command("receive_email", stdout=out, stderr=out, **options)
        return out.getvalue()

    def test_reads_a_message_from_standard_input(
        self, sent: EmailMessage, target: Target, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = self.receive(monkeypatch, answer(sent).as_bytes())
        assert said == "<answer-1@mail.example.org> accepted\n"
        assert len(target.replies) == 1

    @pytest.mark.parametrize("kind", [mailboxes.mbox, mailboxes.Maildir])
    def test_reads_a_mailbox_and_may_empty_it(
        self,
        kind: Any,
        sent: EmailMessage,
        target: Target,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        path = tmp_path / "box"
        box = kind(path)
        for number in range(2):
            box.add(answer(sent, Message_ID=f"<{number}@mail.example.org>"))
        box.add(b"nonsense")
        box.close()
        for _ in range(2):
            said = self.receive(monkeypatch, mailbox=path)
            assert said.count("accepted") == 2
            assert said.count("unreadable") == 1
        assert len(target.replies) == 2
        self.receive(monkeypatch, mailbox=path, delete=True)
        assert len(kind(path)) == 0

    def test_says_when_there_is_no_mailbox(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(CommandError, match="no mailbox"):
            self.receive(monkeypatch, mailbox=Path("/nowhere"))


def test_a_delivery_has_a_reply_token_of_its_own(alice: Any, sent: EmailMessage) -> None:
    notify(kind="test.replied", recipients=[alice], title="T", message="M", target="ticket:1")
    tokens = Delivery.objects.values_list("reply_token", flat=True)
    assert len(set(tokens)) == 2
    assert all(len(token) == 40 for token in tokens)
