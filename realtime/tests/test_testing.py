"""The helper for users' own tests: it lets a complete account pass, and says what is missing from an incomplete one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

import realtime
from realtime.models import StoredEvent
from realtime.registry import EventType, registry
from realtime.testing import Frame, _number, recorded, told_in_full
from realtime.tests.capture.conftest import rolled_back
from realtime.tests.capture.models import Article, Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return get_user_model().objects.create_user("alice")


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Corner shop")


@pytest.fixture
def tea(shop: Shop) -> Article:
    return Article.objects.create(shop=shop, name="Tea", stock=10)


def names() -> list[str]:
    return sorted(Article.objects.values_list("name", flat=True))


def stocks() -> dict[str, int]:
    return dict(Article.objects.values_list("name", "stock"))


def keep_stocks(state: dict[str, int], event: Frame) -> dict[str, int]:
    article = event["data"]
    if event["type"] == "article.deleted":
        del state[article["name"]]
    else:
        state[article["name"]] = article["stock"]
    return state


def test_events_are_collected_as_clients_get_them(shop: Shop, tea: Article, alice: User) -> None:
    with realtime.acting_as(alice), recorded() as events:
        tea.name = "Green tea"
        tea.save()
    (first, second) = events
    assert {first["room"], second["room"]} == {f"shop:{shop.pk}", f"shelf:{shop.pk}"}
    assert (first["type"], first["sender"]) == ("article.updated", "alice")
    assert first["seq"] > 1 and first["timestamp"].endswith("Z")


def test_only_the_topics_that_were_named_are_collected(shop: Shop, tea: Article) -> None:
    with recorded(f"shelf:{shop.pk}") as events:
        tea.delete()
        realtime.record("till", "till.opened", {})
    assert [(event["type"], event["data"]) for event in events] == [
        ("article.deleted", {"name": "Tea"})
    ]


def test_what_is_rolled_back_was_not_recorded(tea: Article) -> None:
    with recorded() as events, rolled_back():
        tea.delete()
    assert events == []


def test_old_data_is_told_in_todays_form(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = EventType("till.counted", 2, upcast={1: lambda data: {"amount": data["sum"]}})
    monkeypatch.setitem(registry.event_types, "till.counted", newer)
    with recorded("till") as events:
        realtime.record("till", "till.counted", {"sum": 3}, version=1)
    assert events[0]["data"] == {"amount": 3}


def test_a_complete_account_passes(shop: Shop, tea: Article) -> None:
    with told_in_full(f"shop:{shop.pk}", snapshot=stocks, apply=keep_stocks) as events:
        Article.objects.create(shop=shop, name="Coffee", stock=5)
        Article.objects.filter(pk=tea.pk).update(stock=9)
        Article.objects.get(name="Coffee").delete()
    assert [event["type"] for event in events] == [
        "article.created",
        "article.updated",
        "article.deleted",
    ]


def test_an_event_that_says_too_little_is_found(shop: Shop, tea: Article) -> None:
    def forget_the_stock(state: dict[str, int], event: Frame) -> dict[str, int]:
        return state

    with pytest.raises(AssertionError) as failed:
        with told_in_full(f"shop:{shop.pk}", snapshot=stocks, apply=forget_the_stock):
            Article.objects.filter(pk=tea.pk).update(stock=9)
    text = str(failed.value)
    assert "-{'Tea': 10}" in text and "+{'Tea': 9}" in text
    assert text.endswith("events: article.updated")


def test_a_change_that_nobody_records_is_found(shop: Shop, tea: Article) -> None:
    with pytest.raises(AssertionError, match="events: none"):
        with told_in_full(f"shop:{shop.pk}", snapshot=stocks, apply=keep_stocks):
            Article.objects.all()._raw_delete("default")


def test_a_test_in_which_nothing_happens_proves_nothing(tea: Article) -> None:
    with pytest.raises(AssertionError, match="nothing was recorded"):
        with told_in_full("till", snapshot=names, apply=lambda state, event: state):
            pass


def test_a_number_that_is_missing_is_found(shop: Shop) -> None:
    with pytest.raises(AssertionError, match="till goes from 1 to 3"):
        with told_in_full("till", snapshot=list, apply=lambda state, event: state):
            for _ in range(3):
                realtime.record("till", "till.opened", {})
            _number()
            StoredEvent.objects.filter(topic="till", seq=2).delete()


def test_a_state_of_the_callers_is_not_touched(shop: Shop, tea: Article) -> None:
    kept: list[Any] = []

    def snapshot() -> dict[str, int]:
        kept.append(stocks())
        return kept[-1]

    with told_in_full(f"shop:{shop.pk}", snapshot=snapshot, apply=keep_stocks):
        tea.delete()
    assert kept == [{"Tea": 10}, {}]
