"""Boards: computed once for all processes, after a change and from time to time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

import realtime
from realtime import boards
from realtime.boards import BoardKind, _look
from realtime.models import Board, StoredEvent
from realtime.registry import registry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Iterator[BoardKind]:
    """Shows how often it was computed; watches tills."""
    values = iter(range(100))
    monkeypatch.setattr(registry, "boards", {})
    monkeypatch.setattr(registry, "event_types", dict(registry.event_types))
    yield realtime.board(
        "takings",
        type="takings.update",
        compute=lambda: next(values),
        authorize=lambda user: True,
        watches=["till"],
    )
    registry.forget_kind(registry.kinds["takings"])


def _told() -> list[Any]:
    rows = StoredEvent.objects.filter(topic="takings").order_by("position")
    return list(rows.values_list("data", flat=True))


def test_several_processes_compute_it_once(board: BoardKind) -> None:
    marks = [_look(board, 0), _look(board, 0)]
    assert _told() == ["0"]
    realtime.record("till", "till.opened", {})
    for mark in marks:
        _look(board, mark)
    assert _told() == ["0", "1"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="there SQLite has one writer")
def test_an_open_transaction_is_no_reason_to_compute_again_and_again(board: BoardKind) -> None:
    """While it runs, all that moved since it began is reported with each look."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_current_xact_id()")
        marks = [0, 0]
        for _ in range(3):
            marks = [_look(board, mark) for mark in marks]
        realtime.record("till", "till.opened", {})
        for _ in range(3):
            marks = [_look(board, mark) for mark in marks]
    assert _told() == ["0", "1"]


def test_what_it_does_not_watch_changes_nothing(board: BoardKind) -> None:
    mark = _look(board, 0)
    realtime.record("shelf:1", "shelf.filled", {})
    _look(board, mark)
    assert _told() == ["0"]


def test_it_is_computed_from_time_to_time(board: BoardKind) -> None:
    mark = _look(board, 0)
    Board.objects.update(computed_at=Board.objects.get().computed_at - board.every)
    _look(board, mark)
    assert _told() == ["0", "1"]


def test_a_change_is_on_it_within_two_seconds_and_it_is_renewed_every_thirty(
    board: BoardKind,
) -> None:
    """A look that has just passed a change by is followed by the one that finds it."""
    assert 2 * boards._LOOK_EVERY < 2
    assert board.every == 30
