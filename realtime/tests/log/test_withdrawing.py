"""Taking out of the log what must not be said any more."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

import realtime
from realtime.jsontext import load_json
from realtime.log.withdrawing import Rewriting, rewrite, withdrawing
from realtime.models import StoredEvent

pytestmark = pytest.mark.django_db(transaction=True)

TYPES = ("thing.said", "thing.corrected")


def say(topic: str, thing: str, text: str, type: str = "thing.said") -> None:
    realtime.record(topic, type, {"text": text, "thing": thing}, entity_id=thing)


def texts(topic: str) -> list[str]:
    events = StoredEvent.objects.filter(topic=topic).order_by("position")
    return [load_json(event.data)["text"] for event in events]


def test_only_what_was_said_of_the_row_in_the_topic_is_withdrawn() -> None:
    say("a", "1", "secret")
    say("a", "2", "fine")
    say("b", "1", "other room")
    say("a", "1", "other type", "thing.weighed")
    rewrite([withdrawing("a", entity_id="1", values={"text": "", "new": 1})], types=TYPES)
    assert texts("a") == ["", "fine", "other type"]
    assert texts("b") == ["other room"]
    assert load_json(StoredEvent.objects.get(topic="a", seq=1).data) == {"text": "", "thing": "1"}


def test_any_number_is_rewritten_in_few_queries() -> None:
    with transaction.atomic():
        for number in range(450):
            say(f"room:{number % 7}", str(number), "secret")
    todo = [
        withdrawing(f"room:{number % 7}", entity_id=str(number), values={"text": ""})
        for number in range(450)
    ]
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        rewrite(todo, types=TYPES)
    assert len(captured) <= 3 * 2 + 2
    assert not StoredEvent.objects.filter(data__contains="secret").exists()


def test_several_changes_of_one_row_are_made_one_after_the_other() -> None:
    say("a", "1", "x")

    def append(letter: str) -> Rewriting:
        def change(data: dict[str, Any]) -> dict[str, Any]:
            return {**data, "text": data["text"] + letter}

        return Rewriting("a", "1", change)

    rewrite([append("y"), append("z")], types=TYPES)
    assert texts("a") == ["xyz"]


def test_from_the_first_number_on_even_what_has_none_yet_is_rewritten() -> None:
    say("a", "1", "before")
    say("a", "1", "secret")
    with transaction.atomic():
        say("a", "1", "secret too", "thing.corrected")  # numbered at commit by PostgreSQL
        gone = withdrawing("a", entity_id="1", values={"text": ""})
        rewrite([Rewriting("a", "1", gone.change, since=2)], types=TYPES)
    assert texts("a") == ["before", "", ""]
