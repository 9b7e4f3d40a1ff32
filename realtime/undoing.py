"""What a transaction leaves outside of the database, stored files above all: taken away again when it is rolled back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

logger = logging.getLogger("realtime.undoing")

Undo = Callable[[], object]

_undos: ContextVar[list[Undo] | None] = ContextVar("realtime_undos", default=None)


@contextmanager
def undoable() -> Iterator[None]:
    """A transaction, or within another one a savepoint. When it fails, what `on_rollback` was given in it is called, last first."""
    around = _undos.get()
    undos: list[Undo] = []
    token = _undos.set(undos)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        _undo(undos)
        raise
    finally:
        _undos.reset(token)
    if around is not None:
        around += undos  # the transaction around it may still fail


def on_rollback(undo: Undo) -> None:
    """Has ``undo`` called if the running `undoable` transaction, or one around it, fails.

    A failure after the commit (a hook of `transaction.on_commit`) looks the same from here: ``undo`` must ask the database whether
    what it takes away is really not needed.

    Raises:
        RuntimeError: there is no such transaction.
    """
    undos = _undos.get()
    if undos is None:
        raise RuntimeError("on_rollback() needs a transaction begun by undoable()")
    undos.append(undo)


def _undo(undos: list[Undo]) -> None:
    for undo in reversed(undos):
        try:
            undo()
        except Exception:  # what failed first is what is to be told
            logger.exception("something that a failed transaction left could not be undone")
