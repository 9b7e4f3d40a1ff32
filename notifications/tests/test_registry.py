"""Kinds: declared once, and read in the recipient's language."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.functional import lazy
from django.utils.translation import get_language

from notifications.models import NotificationSettings
from notifications.registry import Kind, register_kind
from notifications.services import notify

in_two_languages = lazy(
    lambda: "Antwort auf #%(number)s" if get_language() == "de" else "Reply on #%(number)s", str
)


@pytest.fixture
def translated() -> Kind:
    return register_kind(
        "test.translated", title=in_two_languages(), message="%(actor)s: %(excerpt)s"
    )


@pytest.mark.django_db
def test_everyone_is_told_in_their_own_language(
    translated: Kind, alice: Any, bob: Any, carol: Any
) -> None:
    NotificationSettings.objects.create(user=alice, language="de")
    rows = notify(
        kind=translated.name,
        recipients=[alice, bob],
        actor=carol,
        title="?",
        message="?",
        data={"number": 7, "excerpt": "100% done, %(x)s"},
    )
    assert [row.title for row in rows] == ["Antwort auf #7", "Reply on #7"]
    assert rows[0].message == "carol: 100% done, %(x)s"


@pytest.mark.django_db
def test_the_texts_given_stand_in_where_the_templates_lack_a_value(
    translated: Kind, alice: Any
) -> None:
    [row] = notify(kind=translated.name, recipients=[alice], title="Given", message="Text %s")
    assert (row.title, row.message) == ("Given", "Text %s")


@pytest.mark.django_db
def test_without_any_text_a_notification_says_what_kind_it_is(alice: Any) -> None:
    kind = register_kind("test.bare", label="Something bare")
    [row] = notify(kind=kind.name, recipients=[alice])
    assert (row.title, row.message) == ("Something bare", "")


@pytest.mark.django_db
def test_what_nobody_caused_the_desk_did(translated: Kind, alice: Any) -> None:
    [row] = notify(kind=translated.name, recipients=[alice], data={"number": 7, "excerpt": "Hello"})
    assert row.message == "The desk: Hello"


def test_a_name_stands_for_one_declaration() -> None:
    register_kind("test.twice", level="warning")
    register_kind("test.twice", level="warning")  # a module that is loaded twice
    with pytest.raises(ValueError, match="declared twice"):
        register_kind("test.twice", level="error")


@pytest.mark.parametrize("wrong", [{"level": "loud"}, {"channels": ["pigeon"]}])
def test_levels_and_channels_are_known_ones(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        register_kind("test.wrong", **wrong)
