"""Snapshots: rows and the number they agree with, from one view of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from realtime.log.reading import epoch, heads


class Snapshot:
    """One consistent view of the database: what is read inside agrees with the numbers it names."""

    def position(self, topic: str) -> dict[str, int | str]:
        """``{"seq", "epoch"}`` of a topic: subscribe with them, and miss nothing and see nothing twice."""
        return {"seq": heads([topic])[topic].seq, "epoch": self.epoch}

    @property
    def epoch(self) -> str:
        return epoch()


def _require_one_view() -> None:
    """On PostgreSQL each query of an ordinary transaction sees what others have committed by then."""
    innermost: Any = connection.atomic_blocks[-1]
    if connection.vendor != "postgresql" or innermost._from_testcase:
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        (level,) = cursor.fetchone()
    if level not in ("repeatable read", "serializable"):
        raise transaction.TransactionManagementError(
            f"A snapshot can't begin inside of a transaction that is {level.upper()}: rows and numbers would be of different"
            " moments. Open the snapshot first; under ATOMIC_REQUESTS decorate the view with transaction.non_atomic_requests."
        )


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """A read transaction: REPEATABLE READ on PostgreSQL, a read transaction on SQLite (which takes no write lock).

    Inside a transaction that is already open, that one is used, if it is a view of one moment.

    Raises:
        TransactionManagementError: it isn't. The transaction of a test (``TestCase``) passes: nobody commits meanwhile.
    """
    if connection.in_atomic_block:
        _require_one_view()
        yield Snapshot()
        return
    epoch()  # may write, the first time of all
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield Snapshot()
        return
    database: Any = connection  # `transaction_mode` is SQLite's alone
    mode = database.transaction_mode
    database.transaction_mode = "DEFERRED"
    try:
        with transaction.atomic():
            database.transaction_mode = mode
            yield Snapshot()
    finally:
        database.transaction_mode = mode
