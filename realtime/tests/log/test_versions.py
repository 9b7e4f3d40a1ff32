"""Events that were stored before their data changed its form are told in today's, however they are asked for."""

from __future__ import annotations

from typing import Any

import pytest

import realtime
from realtime.bridge.redis_out import outgoing
from realtime.dialects.classic import personal_event, topic_event
from realtime.dialects.envelope import envelope
from realtime.jsontext import load_json
from realtime.log.reading import events_after
from realtime.registry import registry

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = {"amount": 250, "currency": "EUR"}


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> str:
    """A topic with an event of each version: as the code of its time recorded it."""
    monkeypatch.setattr(registry, "event_types", dict(registry.event_types))
    realtime.event("till.paid")
    realtime.record("till", "till.paid", 2.5)
    realtime.event("till.paid", version=2, upcast={1: _in_cents})
    realtime.record("till", "till.paid", {"amount": 250})
    realtime.event(
        "till.paid",
        version=3,
        upcast={1: _in_cents, 2: lambda data: {**data, "currency": "EUR"}},
        alias="till.paid",
    )
    realtime.record("till", "till.paid", TODAY)
    return "till"


def _in_cents(data: Any) -> Any:
    return {"amount": round(data * 100)}


def test_a_replay_tells_all_of_them_in_todays_form(till: str) -> None:
    events = events_after(till, 0)
    assert [event.version for event in events] == [1, 2, 3]
    for event in events:
        assert load_json(envelope(event).encode())["data"] == TODAY
        assert load_json(topic_event(event).encode())["data"]["payload"] == TODAY
        assert load_json((personal_event(event) or "").encode())["data"] == TODAY
        for _, text in outgoing(event):
            assert load_json(text.encode())["data"] == TODAY


def test_a_process_that_is_older_than_an_event_tells_it_as_it_is(till: str) -> None:
    """While servers are replaced one by one, the old ones pass on what the new ones record."""
    realtime.event("till.paid", version=2, upcast={1: _in_cents})
    newest = events_after(till, 2)[0]
    assert load_json(envelope(newest).encode())["data"] == TODAY
