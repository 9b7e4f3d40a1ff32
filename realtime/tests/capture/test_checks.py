"""Mistakes in declarations are told by the system checks, with what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser, User
from django.core.checks import CheckMessage

import realtime
from realtime.capture import observing
from realtime.checks import check_declarations
from realtime.registry import registry
from realtime.tests.capture.models import Article, Bargain, Job, Receipt


@pytest.fixture(autouse=True)
def _only_for_this_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("kinds", "event_types"):
        monkeypatch.setattr(registry, name, dict(getattr(registry, name)))
    for name in ("live_models", "mistakes"):
        monkeypatch.setattr(registry, name, list(getattr(registry, name)))
    kept = {model: list(observers) for model, observers in observing._observers.items()}
    yield
    observing._observers.clear()
    observing._observers.update(kept)
    registry._resolve.cache_clear()


def _found() -> CheckMessage:
    (message,) = check_declarations()
    assert message.hint
    return message


def _live(model: Any = Receipt, **words: Any) -> None:
    realtime.live(
        model, **{"topics": lambda row: [], "data": lambda row: {}, "name": "slip", **words}
    )


def test_the_desk_and_the_shop_have_no_mistakes() -> None:
    assert check_declarations() == []


def test_what_is_read_for_many_rows_may_be_a_function() -> None:
    _live(fetch=[lambda rows: None])
    assert check_declarations() == []


@pytest.mark.parametrize(
    "words, id, text",
    [
        ({"changed": {"colour": "slip.painted"}}, "realtime.E003", "'colour'"),
        ({"ignore": ["colour"]}, "realtime.E003", "ignore="),
        ({"seq_field": "number"}, "realtime.E003", "'number'"),
        ({"fetch": ["shop__owner"]}, "realtime.E003", "'shop__owner'"),
        ({"related": ["total"]}, "realtime.E007", "no many-to-many field"),
        ({"events": {"craeted": "slip.new"}}, "realtime.E008", "'craeted'"),
        ({"variants": {"nowhere": lambda row: {}}}, "realtime.E009", "'nowhere'"),
        ({"topics": lambda row, other: []}, "realtime.E010", "topics="),
        ({"data": {"total": 1}}, "realtime.E010", "data="),
        ({"when": True}, "realtime.E010", "when="),
    ],
)
def test_a_wrong_word_in_live_is_told(words: dict[str, Any], id: str, text: str) -> None:
    _live(**words)
    message = _found()
    assert message.id == id
    assert text in message.msg
    assert "Receipt" in message.msg


@pytest.mark.parametrize(
    "model, hint",
    [(Bargain, "Article"), (AbstractUser, "inherits"), (User.groups.through, "related=")],
)
def test_a_model_without_rows_of_its_own_is_told(model: Any, hint: str) -> None:
    _live(model)
    message = _found()
    assert message.id == "realtime.E004"
    assert hint in str(message.hint)


@pytest.mark.parametrize("pattern", ["slip:<foo:pk>", "slip:<int:pk", "", "slip:<int:a>:<int:a>"])
def test_a_malformed_pattern_is_told(pattern: str) -> None:
    realtime.topic(pattern, authorize=lambda user, pk: True)
    assert _found().id == "realtime.E005"


def test_a_topic_that_is_declared_twice_is_told() -> None:
    realtime.topic("shop:<int:pk>", authorize=lambda user, pk: True)
    message = _found()
    assert message.id == "realtime.E005"
    assert "twice" in message.msg


def test_an_authorize_that_does_not_take_the_patterns_parts_is_told() -> None:
    realtime.topic("slip:<int:number>", authorize=lambda user, pk: True)
    message = _found()
    assert message.id == "realtime.E006"
    assert "user, number" in str(message.hint)


def test_an_event_that_cannot_read_its_older_versions_is_told() -> None:
    realtime.event("slip.printed", version=3, upcast={1: lambda data: data})
    message = _found()
    assert message.id == "realtime.E011"
    assert "version 2" in message.msg


def test_a_dependency_on_a_field_that_is_not_there_is_told() -> None:
    depends_on = [realtime.Dependency(Job, scopes=lambda job: [], fields={"boss"})]
    realtime.topic("slip", authorize=lambda user: True, depends_on=depends_on)
    assert "'boss'" in _found().msg


def test_the_table_of_a_many_to_many_field_is_told_to_be_nothing_to_declare() -> None:
    through = User.groups.through
    depends_on = [realtime.Dependency(through, scopes=lambda row: [])]
    realtime.topic("slip", authorize=lambda user: True, depends_on=depends_on)
    message = _found()
    assert message.id == "realtime.E016"
    assert "fields={'groups'}" in str(message.hint)


def test_a_manager_whose_bulk_changes_are_not_seen_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.models import Manager, QuerySet

    monkeypatch.setattr(
        type(Article.objects), "get_queryset", lambda self: QuerySet(self.model), raising=False
    )
    message = _found()
    assert isinstance(Article.objects, Manager)
    assert message.id == "realtime.W001"
    assert "Article.objects" in message.msg
