"""``manage.py receive_email``: replies by e-mail, from standard input or a mailbox."""

from __future__ import annotations

import mailbox
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.utils import DatabaseError

from notifications.inbound.parsing import UnreadableEmail
from notifications.inbound.receive import receive_email


class Command(BaseCommand):
    help = (
        "Takes in replies by e-mail: one message from standard input (as an alias of Postfix or Exim pipes it), or all of a "
        "mailbox. A message that was taken in before is passed over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--mailbox",
            type=Path,
            help="A Maildir directory or an mbox file, instead of standard input.",
        )
        parser.add_argument(
            "--delete", action="store_true", help="Delete what was read from the mailbox."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["mailbox"] is None:
            self._pipe()
        else:
            self._mailbox(options["mailbox"], delete=options["delete"])

    def _pipe(self) -> None:
        """A mail server keeps the message when we end with EX_TEMPFAIL, and is done with it when we end with 0."""
        try:
            self._take(sys.stdin.buffer.read())
        except DatabaseError as error:
            raise CommandError(f"try again: {error}", returncode=os.EX_TEMPFAIL) from error

    def _mailbox(self, path: Path, *, delete: bool) -> None:
        if not path.exists():
            raise CommandError(f"There is no mailbox {path}.")
        box: mailbox.Mailbox[Any] = (
            mailbox.Maildir(path, create=False)
            if path.is_dir()
            else mailbox.mbox(path, create=False)
        )
        box.lock()
        try:
            for key in list(box.iterkeys()):
                self._take(box.get_bytes(key))
                if delete:
                    box.discard(key)
        finally:
            box.flush()
            box.unlock()
            box.close()

    def _take(self, raw: bytes) -> None:
        try:
            row = receive_email(raw)
        except UnreadableEmail as error:
            self.stderr.write(f"unreadable: {error}")
            return
        self.stdout.write(" ".join(filter(None, [row.message_id, row.status, row.reason])))
