"""What can be subscribed to: names of topics, their kinds, and declarations that can't be kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.core.checks import Error, run_checks

import realtime
from realtime.registry import Registry

UUID_TEXT = "01900000-0000-7000-8000-00000000000a"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """An empty registry, which declarations go to."""
    fresh = Registry()
    monkeypatch.setattr("realtime.registry.registry", fresh)
    return fresh


def anybody(user: Any, **parts: Any) -> bool:
    return True


def test_a_topic_is_resolved_to_its_kind_and_the_parts_of_its_name(registry: Registry) -> None:
    lists = realtime.topic("list:<int:pk>", authorize=anybody)
    realtime.topic("list-items:all", authorize=anybody)
    rows = realtime.topic("sheet:<uuid:sheet>/row:<int:row>", authorize=anybody)
    assert registry.resolve("list:7") == (registry.kinds["list:<int:pk>"], {"pk": 7})
    assert registry.resolve(f"sheet:{UUID_TEXT}/row:3") == (
        registry.kinds[rows.pattern],
        {"sheet": UUID(UUID_TEXT), "row": 3},
    )
    assert registry.resolve("list-items:all") is not None
    assert lists.topic(pk=7) == "list:7"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "list",
        "list:",
        "list:x",
        "list:-1",
        "list:7\n",
        "\nlist:7",
        "list:7 ",
        " list:7",
        "list:07",
        "list:+7",
        "list:٧",
        "LIST:7",
        "xlist:7",
        "list:7:8",
        "list:7/8",
        "list:" + "9" * 19,
        "list:" + "9" * 5000,
        f"doc:{UUID_TEXT.upper()}",
        f"doc:{UUID_TEXT.replace('-', '')}",
        f"doc:{UUID_TEXT}\n",
        "page:a\n",
        "page:a/b",
        "free:a\n",
        "free:\x00",
        "free:\ud800",
        "page:",
        "page:" + "a" * 200,
        "fixed\n",
        "fixed:",
        "dot.ted\n",
        "dotxted",
        "day:tomorrow",
    ],
)
def test_only_the_canonical_spelling_of_a_name_matches(name: str, registry: Registry) -> None:
    for pattern in (
        "list:<int:pk>",
        "doc:<uuid:pk>",
        "page:<slug:slug>",
        "free:<text>",
        "fixed",
        "dot.ted",
        "day:<int:day>",
    ):
        realtime.topic(pattern, authorize=anybody)
    assert registry.resolve(name) is None


def test_a_converter_that_refuses_a_value_makes_no_match(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    realtime.topic("list:<int:pk>", authorize=anybody)
    converter = registry.kinds["list:<int:pk>"].converters["pk"]

    def refuse(text: str) -> int:
        raise ValueError(text)

    monkeypatch.setattr(converter, "to_python", refuse, raising=False)
    assert registry.resolve("list:7") is None


def test_the_largest_number_that_a_database_holds_is_a_topic(registry: Registry) -> None:
    realtime.topic("list:<int:pk>", authorize=anybody)
    assert registry.resolve(f"list:{2**63 - 1}") is not None
    assert registry.resolve(f"list:{2**63}") is None


@pytest.mark.parametrize(
    "pattern",
    ["", "list:<int:pk", "list:<pk>>", "list:<nothing:pk>", "list:<int:pk>:<int:pk>", "a<b", "<>"],
)
def test_a_malformed_pattern_is_no_kind_and_is_told_of(pattern: str, registry: Registry) -> None:
    realtime.topic(pattern, authorize=anybody)
    assert registry.kinds == {}
    ((text, hint),) = registry.mistakes
    assert repr(pattern) in text and "has a wrong part" in text and "list:<int:pk>" in hint


def test_of_two_kinds_with_one_pattern_the_first_stays(registry: Registry) -> None:
    realtime.topic("till", authorize=anybody)
    realtime.topic("till", authorize=anybody, stored=False)
    assert registry.kinds["till"].stored is True
    assert "declared twice" in registry.mistakes[0][0]


def test_a_kind_that_is_declared_later_is_found(registry: Registry) -> None:
    assert registry.resolve("till") is None
    realtime.topic("till", authorize=anybody)
    assert registry.resolve("till") is not None


def test_mistakes_stop_the_start_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from realtime.registry import registry as in_use

    monkeypatch.setattr(in_use, "mistakes", [])
    realtime.topic("list:<wrong:pk>", authorize=anybody)
    told = [error for error in run_checks() if isinstance(error, Error)]
    assert any("'list:<wrong:pk>'" in error.msg for error in told)


def test_event_types_have_a_version_and_an_alias(registry: Registry) -> None:
    realtime.event("item.moved", version=3, alias="moved")
    assert (registry.version("item.moved"), registry.alias("item.moved")) == (3, "moved")
    assert (registry.version("other"), registry.alias("other")) == (1, None)


def test_a_kind_can_be_taken_back(registry: Registry) -> None:
    kind = realtime.topic("till", authorize=anybody)
    assert registry.resolve("till") is not None
    registry.forget_kind(kind)
    assert registry.resolve("till") is None


def test_a_type_that_two_apps_declare_has_the_schemas_of_both(registry: Registry) -> None:
    realtime.event("item.moved", schema=int, version=2)
    declared = realtime.event("item.moved", schema=str, alias="moved")
    assert registry.event_types["item.moved"].alias == declared.alias == "moved"
    found = registry.event_types["item.moved"]
    assert {found.schema, *found.also} == {int, str}


def test_topics_that_are_heard_without_asking_are_named_once(registry: Registry) -> None:
    realtime.personal_topics(lambda user: ["till", f"desk:{user}"])
    realtime.personal_topics(lambda user: ["till", "window"])
    assert registry.personal_topics(7) == ["till", "desk:7", "window"]  # type: ignore[arg-type]


def test_an_audience_of_presence_can_be_declared(registry: Registry) -> None:
    find = realtime.presence_audience(lambda user: [1, 2])
    assert registry.presence_audiences == [find]
