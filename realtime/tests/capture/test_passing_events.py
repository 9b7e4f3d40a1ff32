"""Rows whose changes are told to whoever listens now, and are not stored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from realtime import hints
from realtime.capture import live
from realtime.capture.observing import _observers, connect_signals
from realtime.events import Event
from realtime.models import StoredEvent
from realtime.registry import registry
from realtime.tests.capture.models import Label

pytestmark = pytest.mark.django_db(transaction=True)


class Ear:
    """In place of the process's hub: keeps what it is handed."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def accept_soon(self, events: list[Event]) -> None:
        self.heard += events


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    ear = Ear()
    monkeypatch.setattr(registry, "live_models", list(registry.live_models))
    monkeypatch.setattr(registry, "event_types", dict(registry.event_types))
    kept = list(_observers.get(Label, []))
    live(
        Label,
        topics=lambda label: ["till"],
        data=lambda label: {"name": label.name},
        durable=False,
    )
    connect_signals()
    hints.set_local_hub(ear)  # type: ignore[arg-type]
    yield ear
    hints.set_local_hub(None)
    _observers.pop(Label)
    _observers.update({Label: kept} if kept else {})


def test_they_are_told_after_the_commit_and_leave_nothing_behind(ear: Ear) -> None:
    with transaction.atomic():
        Label.objects.create(name="organic")
        assert ear.heard == []
    Label.objects.update(name="fair")
    assert [(e.type, e.seq, bytes(e.data)) for e in ear.heard] == [
        ("label.created", None, b'{"name":"organic"}'),
        ("label.updated", None, b'{"name":"fair"}'),
    ]
    assert not StoredEvent.objects.filter(type__startswith="label.").exists()


def test_what_is_rolled_back_is_not_told(ear: Ear) -> None:
    with transaction.atomic():
        Label.objects.create(name="organic")
        transaction.set_rollback(True)
    assert ear.heard == []
