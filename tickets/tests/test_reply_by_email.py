"""Replies by e-mail as messages of a ticket, with their files."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models.signals import pre_save

from notifications.inbound.handlers import Attachment as EmailAttachment
from notifications.inbound.receive import receive_email
from notifications.models import Delivery, InboundMessage, Notification
from realtime.errors import Forbidden
from realtime.undoing import undoable
from tickets import services
from tickets.models import Attachment, Message
from tickets.reply_by_email import take_reply
from tickets.tests.factories import make_message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> Path:
    """Where files are stored."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def answered(ticket: Any, user: Any, kind: str = "ticket.replied", **data: Any) -> Notification:
    return Notification(recipient=user, kind=kind, target=ticket.room, data=data)


def test_an_e_mail_is_a_reply_with_its_files(ticket: Any, carol: Any) -> None:
    files = [
        EmailAttachment("a.txt", "text/plain", b"x"),
        EmailAttachment("run.exe", "text/plain", b"MZ\x90\x00\x00"),
    ]
    for _ in range(2):
        take_reply(
            user=carol,
            answered=answered(ticket, carol),
            content="By mail",
            client_id="mail-1",
            attachments=files,
        )
    message = Message.objects.get(client_id="mail-1")
    assert message.content.startswith("By mail")
    assert "Not taken: run.exe" in message.content
    assert [file.name for file in message.attachments.all()] == ["a.txt"]
    assert Attachment.objects.count() == 1


def test_what_answers_a_note_is_a_note(ticket: Any, alice: Any) -> None:
    note = make_message(ticket, alice, kind="note")
    about = answered(ticket, alice, "ticket.mentioned", message_id=str(note.pk))
    take_reply(user=alice, answered=about, content="Ok", client_id="m2", attachments=[])
    assert Message.objects.get(client_id="m2").kind == "note"


def test_who_answers_by_mail_has_read_what_was_mailed(
    ticket: Any, alice: Any, carol: Any, admin: Any
) -> None:
    def answer(client_id: str) -> None:
        about = answered(ticket, carol)
        take_reply(user=carol, answered=about, content="Ok", client_id=client_id, attachments=[])

    make_message(ticket, alice)
    Delivery.objects.filter(user=carol).update(status="sent")
    answer("m1")
    make_message(ticket, alice)
    make_message(ticket, admin, content="Wait, @carol")
    Delivery.objects.filter(user=carol, notification__kind="ticket.replied").update(status="sent")
    answer("m2")
    told = Notification.objects.filter(recipient=carol).order_by("pk")
    assert [(row.kind, row.count, bool(row.read_at)) for row in told] == [
        ("ticket.replied", 1, True),
        ("ticket.replied", 1, True),
        ("ticket.mentioned", 1, False),
    ]


def test_who_lost_the_ticket_cant_reply_by_mail(ticket: Any, dave: Any) -> None:
    with pytest.raises(Forbidden):
        take_reply(
            user=dave,
            answered=answered(ticket, dave),
            content="Still here",
            client_id="m3",
            attachments=[],
        )


def answer_by_mail(ticket: Any, agent: Any, text: str, *files: tuple[str, bytes]) -> EmailMessage:
    """What a customer's mail program sends in answer to the e-mail about an agent's reply."""
    make_message(ticket, agent)
    sent = Delivery.objects.get(user=ticket.requester, channel="email")
    Delivery.objects.filter(pk=sent.pk).update(message_id="<sent@desk.example.org>")
    mail = EmailMessage()
    mail["From"], mail["To"] = ticket.requester.email, "desk@desk.example.org"
    mail["Message-ID"], mail["In-Reply-To"] = "<answer@x.org>", "<sent@desk.example.org>"
    mail.set_content(text)
    for name, content in files:
        mail.add_attachment(content, maintype="text", subtype="plain", filename=name)
    return mail


def test_a_reply_that_is_taken_keeps_its_files(ticket: Any, alice: Any, files: Path) -> None:
    mail = answer_by_mail(ticket, alice, "Here", ("a.txt", b"one"), ("b.exe", b"MZ\x90\x00"))
    assert receive_email(mail.as_bytes()).status == "accepted"
    assert stored(files) == [b"one"]


def test_a_reply_that_is_refused_leaves_no_file(
    ticket: Any, alice: Any, files: Path, settings: Any
) -> None:
    mail = answer_by_mail(ticket, alice, "Longer than that", ("a.txt", b"one"), ("b.txt", b"two"))
    settings.TICKETS = {"longest_message": 10}
    assert receive_email(mail.as_bytes()).status == "refused"
    assert not Attachment.objects.exists()
    assert stored(files) == []


def test_a_failure_after_a_reply_was_taken_leaves_no_file_either(
    ticket: Any, alice: Any, files: Path
) -> None:
    def fail(instance: InboundMessage, **_: Any) -> None:
        if instance.status == "accepted":
            raise OSError("the disk is full")

    mail = answer_by_mail(ticket, alice, "Here", ("a.txt", b"one"))
    pre_save.connect(fail, sender=InboundMessage)
    try:
        with pytest.raises(OSError, match="full"):
            receive_email(mail.as_bytes())
    finally:
        pre_save.disconnect(fail, sender=InboundMessage)
    assert stored(files) == []
    assert receive_email(mail.as_bytes()).status == "accepted"
    assert stored(files) == [b"one"]


@pytest.mark.django_db(transaction=True)
def test_a_file_stays_whose_transaction_was_committed_whatever_fails_then(
    ticket: Any, carol: Any, files: Path
) -> None:
    def fail() -> None:
        raise OSError("nobody answers")

    with pytest.raises(OSError, match="nobody"), undoable():
        transaction.on_commit(fail)
        services.attach_file(ticket=ticket, actor=carol, name="a.txt", content=b"one")
    assert Attachment.objects.count() == 1
    assert stored(files) == [b"one"]
