"""E-mail out and in, through a running desk: its own background work, a real mail server, the command that takes replies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import pytest

from notifications.tests.servers import MailServer, mail_server
from tests.support.ports import wait_until
from tests.support.server import Desk, Person, Server, demo_desk
from tests.support.sockets import Socket


@dataclass
class MailingDesk:
    """A desk that sends its e-mails to ``post``."""

    desk: Desk
    server: Server
    post: MailServer

    def letters_to(self, person: Person, ticket: dict[str, Any]) -> list[EmailMessage]:
        about = f"[#{ticket['number']}]"
        return [
            message
            for message in self.post.messages
            if message["To"].startswith(f"{person.username}@") and about in message["Subject"]
        ]

    def first_letter_to(self, person: Person, ticket: dict[str, Any]) -> EmailMessage:
        """Waits for an e-mail about the ticket."""
        wait_until(
            lambda: bool(self.letters_to(person, ticket)),
            seconds=20,
            what=f"an e-mail to {person.username}",
        )
        return self.letters_to(person, ticket)[0]

    def receive(self, message: EmailMessage) -> str:
        return self.desk.manage("receive_email", stdin=message.as_string())


@pytest.fixture(scope="module")
def mailing() -> Iterator[MailingDesk]:
    with (
        mail_server() as (post, port),
        demo_desk(
            EMAIL_URL=f"smtp://127.0.0.1:{port}",
            JOBS_EMBEDDED="1",
            EMAIL_DELAY="0",
            EMAIL_REPLY_ADDRESS="reply@desk.example.org",
            DEFAULT_FROM_EMAIL="Desk <desk@desk.example.org>",
        ) as desk,
    ):
        desk.shell(
            "from django.contrib.auth.models import User\n"
            "for user in User.objects.all():\n"
            "    user.email = f'{user.username}@example.org'\n"
            "    user.save()\n"
        )
        yield MailingDesk(desk, desk.serve(), post)


@pytest.fixture
def site(mailing: MailingDesk) -> Server:
    return mailing.server


async def test_a_reply_is_mailed_and_its_answer_appears_in_the_chat(
    mailing: MailingDesk, carol: Person, alice: Person
) -> None:
    ticket = carol.new_ticket("Printer")
    room = f"/api/v1/ws/tickets/{ticket['id']}"
    alice.post(f"tickets/{ticket['id']}/messages/", {"content": "Is it plugged in?"})

    letter = mailing.first_letter_to(carol, ticket)
    assert f"[#{ticket['number']}] Printer" in letter["Subject"]
    text: Any = letter.get_body(("plain",))
    assert "Is it plugged in?" in text.get_content()

    watching = await Socket.of(alice, room)
    await watching.receive()
    answer = EmailMessage()
    answer["From"] = "Carol <carol@example.org>"
    answer["To"] = letter["Reply-To"]
    answer["Subject"] = f"Re: {letter['Subject']}"
    answer["In-Reply-To"] = letter["Message-ID"]
    answer["Message-ID"] = "<carols-answer@mail.example.org>"
    answer.set_content(
        "It was not. Thank you!\n\nOn Tue, Desk <desk@desk.example.org> wrote:\n\n> Is it plugged in?\n"
    )
    assert "accepted" in mailing.receive(answer)
    mailing.receive(answer)  # mail servers repeat themselves

    frame = await watching.until("message.new")
    assert frame["data"]["content"] == "It was not. Thank you!"
    assert frame["data"]["author"]["username"] == "carol"
    shown = alice.get(f"tickets/{ticket['id']}/messages/").json()["results"]
    assert [m["content"] for m in shown].count("It was not. Thank you!") == 1


async def test_a_customer_is_never_mailed_an_internal_note(
    mailing: MailingDesk, carol: Person, alice: Person
) -> None:
    ticket = carol.new_ticket("Scanner")
    path = f"tickets/{ticket['id']}/messages/"
    alice.post(path, {"content": "She is a difficult one.", "kind": "note"})
    alice.post(path, {"content": "We look into it."})
    mailing.first_letter_to(carol, ticket)
    everything = "".join(str(letter) for letter in mailing.letters_to(carol, ticket))
    assert "difficult" not in everything
    assert "We look into it." in everything


def test_the_server_process_does_the_work_itself(mailing: MailingDesk) -> None:
    mailing.desk.shell(
        "from notifications.jobs.models import ScheduledJob\n"
        "from tests.support.ports import wait_until\n"
        "runs = ScheduledJob.objects.filter(name='jobs.forget_results', last_outcome='succeeded')\n"
        "wait_until(lambda: runs.all().exists(), seconds=30, what='the first run of a job')"
    )
