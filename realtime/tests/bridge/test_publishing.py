"""``POST /api/v1/realtime/publish/``: who may send what to whom, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from rest_framework.test import APIClient

from realtime.bridge.api import MOST_IN_A_BATCH, ServiceThrottle
from realtime.bridge.publishing import create_key
from realtime.models import Publication, ServiceKey, StoredEvent

pytestmark = pytest.mark.django_db

PATH = "/api/v1/realtime/publish/"
TO_SHOP = {"to": {"room": "shop:1"}, "type": "price.changed", "data": {"n": 1}, "durable": True}


class Service:
    """Another service with a key."""

    def __init__(self, text: str) -> None:
        self.client = APIClient(HTTP_AUTHORIZATION=f"Api-Key {text}")

    def publish(self, body: Any) -> Any:
        return self.client.post(PATH, body, format="json")


@pytest.fixture(autouse=True)
def _nobody_has_called_yet() -> None:
    cache.clear()


@pytest.fixture
def service(db: None) -> Service:
    return Service(create_key("warehouse")[1])


def _events() -> list[tuple[str, str, str]]:
    rows = StoredEvent.objects.order_by("position")
    return [(row.topic, row.type, row.data) for row in rows]


def test_a_key_is_stored_as_a_hash_and_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_service_key", "warehouse")
    text = capsys.readouterr().out.strip().splitlines()[-1].split()[-1]
    key = ServiceKey.objects.get(name="warehouse")
    assert len(text) >= 43
    assert text not in str(ServiceKey.objects.filter(pk=key.pk).values().get())
    assert Service(text).publish(TO_SHOP).status_code == 202
    key.refresh_from_db()
    assert key.last_used_at is not None


@pytest.mark.parametrize(
    "header", ["", "Api-Key", "Api-Key ", "Api-Key wrong", "Bearer wrong", "api-key \x00", "x y z"]
)
def test_without_a_known_key_nobody_publishes(service: Service, header: str) -> None:
    answer = APIClient(HTTP_AUTHORIZATION=header).post(PATH, TO_SHOP, format="json")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Api-Key"
    assert _events() == []


def test_a_key_that_was_withdrawn_opens_nothing(service: Service) -> None:
    ServiceKey.objects.update(is_active=False)
    assert service.publish(TO_SHOP).status_code == 401


def test_a_users_token_is_no_service_key_and_a_key_is_no_login(service: Service) -> None:
    assert service.client.get("/api/v1/auth/me/").status_code == 401


def test_a_durable_event_is_recorded_in_its_room(service: Service) -> None:
    answer = service.publish(TO_SHOP)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "repeated": 0})
    assert _events() == [("shop:1", "price.changed", '{"n":1}')]


def test_several_users_are_told_each_once(service: Service) -> None:
    body = {"to": {"users": ["7", "8", "7"]}, "type": "x", "data": None, "durable": True}
    assert service.publish(body).status_code == 202
    assert [topic for topic, *_ in _events()] == ["user:7", "user:8"]


def test_an_idempotency_key_counts_once_for_each_service(service: Service) -> None:
    body = {**TO_SHOP, "idempotency_key": "order-17"}
    assert service.publish(body).json() == {"accepted": 1, "repeated": 0}
    assert service.publish(body).json() == {"accepted": 0, "repeated": 1}
    other = Service(create_key("billing")[1])
    assert other.publish(body).json() == {"accepted": 1, "repeated": 0}
    assert len(_events()) == 2


@pytest.mark.parametrize("blank", ["", " ", None])
def test_a_blank_idempotency_key_is_none_and_swallows_nothing(service: Service, blank: Any) -> None:
    body = {**TO_SHOP, "idempotency_key": blank}
    for _ in range(2):
        assert service.publish(body).json() == {"accepted": 1, "repeated": 0}
    assert len(_events()) == 2


def test_an_event_without_data_has_an_empty_object(service: Service) -> None:
    body = {name: value for name, value in TO_SHOP.items() if name != "data"}
    assert service.publish(body).status_code == 202
    assert _events() == [("shop:1", "price.changed", "{}")]


def test_a_batch_is_sent_whole_or_not_at_all(service: Service) -> None:
    again = {**TO_SHOP, "idempotency_key": "a"}
    assert service.publish([TO_SHOP, again, again]).json() == {"accepted": 2, "repeated": 1}
    refused = service.publish([TO_SHOP, {**TO_SHOP, "idempotency_key": "b"}, {"type": "x"}])
    assert refused.status_code == 400
    assert len(_events()) == 2
    assert not Publication.objects.filter(idempotency_key="b").exists()
    for batch in ([], [TO_SHOP] * (MOST_IN_A_BATCH + 1), [7], ["x"], [None]):
        assert service.publish(batch).status_code == 400


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": None}, "missing_field"),
        ({"type": ""}, "missing_field"),
        ({"type": 7}, "invalid_field"),
        ({"type": "x" * 81}, "invalid_field"),
        ({"to": None}, "missing_field"),
        ({"to": "shop:1"}, "invalid_field"),
        ({"to": {}}, "invalid_field"),
        ({"to": {"room": "shop:1", "all": True}}, "invalid_field"),
        ({"to": {"planet": "mars"}}, "invalid_field"),
        ({"to": {"room": 7}}, "invalid_field"),
        ({"to": {"room": "nowhere:1"}}, "forbidden"),
        ({"to": {"room": "shop:1\x00"}}, "forbidden"),
        ({"to": {"room": "push:7"}}, "forbidden"),
        ({"to": {"user": 7}}, "invalid_field"),
        ({"to": {"user": "7:8"}}, "invalid_field"),
        ({"to": {"user": "7\n"}}, "invalid_field"),
        ({"to": {"users": []}}, "invalid_field"),
        ({"to": {"users": "7"}}, "invalid_field"),
        ({"to": {"users": [["7"]]}}, "invalid_field"),
        ({"to": {"staff": "yes"}}, "invalid_field"),
        ({"to": {"all": True}}, "invalid_field"),  # not with durable
        ({"to": {"room": "window"}}, "invalid_field"),  # its events are not stored
        ({"durable": "yes"}, "invalid_field"),
        ({"durable": 1}, "invalid_field"),
        ({"idempotency_key": 7}, "invalid_field"),
        ({"idempotency_key": "x" * 201}, "invalid_field"),
    ],
)
def test_what_is_wrong_is_refused_with_a_code(
    service: Service, changes: dict[str, Any], code: str
) -> None:
    answer = service.publish({**TO_SHOP, **changes})
    assert answer.status_code == (403 if code == "forbidden" else 400)
    assert answer.json()["code"] == code
    assert _events() == []


@pytest.mark.parametrize("text", ["", "{", "7", '"x"', "null", "\x00", '{"to":{"room":"\\ud800"}}'])
def test_what_is_no_publication_is_refused(service: Service, text: str) -> None:
    answer = service.client.generic("POST", PATH, text, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"]


@pytest.mark.parametrize(
    ("scopes", "rooms", "to", "status"),
    [
        (["user"], "", {"user": "7"}, 202),
        (["user"], "", {"users": ["7"]}, 403),
        (["user"], "", {"room": "shop:1"}, 403),
        (["user"], "", {"room": "user:7"}, 403),
        (["room", "user"], "", {"room": "user:7"}, 202),
        (["room"], "", {"room": "user:7"}, 403),
        (["room"], "", {"room": "staff"}, 403),
        (["room"], "", {"room": "everyone"}, 403),
        (["room"], "shop:", {"room": "shop:1"}, 202),
        (["room"], "shop:", {"room": "shelf:1"}, 403),
        (["staff"], "", {"staff": True}, 202),
        (["staff"], "", {"all": True}, 403),
        ([], "", {"all": True}, 202),
    ],
)
def test_a_key_addresses_what_its_scopes_say(
    scopes: list[str], rooms: str, to: dict[str, Any], status: int
) -> None:
    service = Service(create_key("narrow", scopes=scopes, rooms=rooms)[1])
    answer = service.publish({"to": to, "type": "x", "data": 1})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "forbidden"


@pytest.mark.parametrize("scopes", [5, True, "users", {}, {"user": 1}, "", [5]])
def test_a_key_whose_scopes_are_nonsense_addresses_nobody(scopes: Any) -> None:
    key, text = create_key("narrow")
    ServiceKey.objects.filter(pk=key.pk).update(scopes=scopes)
    answer = Service(text).publish({"to": {"user": "7"}, "type": "x", "data": 1})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_too_many_calls_are_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ServiceThrottle, "rate", "2/min")
    assert [service.publish(TO_SHOP).status_code for _ in range(3)] == [202, 202, 429]
    other = Service(create_key("billing")[1])
    assert other.publish(TO_SHOP).status_code == 202
