"""Webhooks and service keys in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from realtime.bridge.publishing import _ADDRESSES, create_key
from realtime.models import HookDelivery, OutgoingHook, ServiceKey
from realtime.models.bridge import SCOPES

pytestmark = pytest.mark.django_db

HOOKS, KEYS = "/admin/realtime/outgoinghook/", "/admin/realtime/servicekey/"


@pytest.fixture
def office(db: None) -> Client:
    """The admin's browser."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


def hook_with(types: str) -> dict[str, Any]:
    """What the browser sends."""
    return {
        "name": "Shop",
        "url": "https://shop.example.org/",
        "secret": "s",
        "types": types,
        "is_active": "on",
    }


@pytest.mark.parametrize(
    "wrong", ["5", "true", '"x"', '""', "{}", '{"a": 1}', "[5]", '[""]', '["\\u0000"]', "x"]
)
def test_types_and_scopes_that_are_no_lists_of_texts_are_refused(
    office: Client, wrong: str
) -> None:
    assert office.post(f"{HOOKS}add/", hook_with(wrong)).status_code == 200
    assert office.post(f"{KEYS}add/", {"name": "K", "scopes": wrong}).status_code == 200
    assert not OutgoingHook.objects.exists()
    assert not ServiceKey.objects.exists()


def test_a_scope_that_nobody_knows_is_refused(office: Client) -> None:
    answer = office.post(f"{KEYS}add/", {"name": "K", "scopes": '["everything"]'})
    assert "list of some of" in answer.content.decode()
    assert not ServiceKey.objects.exists()
    assert tuple(_ADDRESSES) == SCOPES


def test_an_emptied_box_means_an_empty_list(office: Client) -> None:
    hook = OutgoingHook.objects.create(name="Shop", url="https://a.example.org", types=["a"])
    key, _ = create_key("K", scopes=["all"])
    for empty in ("", "null", "[]"):
        given = hook_with(empty)
        assert office.post(f"{HOOKS}{hook.pk}/change/", given).status_code == 302
        given = {"name": "K", "scopes": empty, "is_active": "on"}
        assert office.post(f"{KEYS}{key.pk}/change/", given).status_code == 302
        hook.refresh_from_db()
        key.refresh_from_db()
        assert (hook.types, key.scopes) == ([], [])


def test_a_type_that_no_app_declares_is_pointed_out(office: Client) -> None:
    answer = office.post(f"{HOOKS}add/", hook_with('["ticket.craeted"]'), follow=True)
    assert "No app declares the type ticket.craeted." in answer.content.decode()
    assert OutgoingHook.objects.get().types == ["ticket.craeted"]


def test_who_may_only_look_at_deliveries_sends_none_again() -> None:
    hook = OutgoingHook.objects.create(name="Shop", url="https://a.example.org")
    delivery = HookDelivery.objects.create(
        hook=hook, position=1, event_type="a", room="shop:1", status="dead"
    )
    user = get_user_model().objects.create_user("olga", is_staff=True)
    asked = {"action": "replay_deliveries", "_selected_action": [delivery.pk]}

    def ask_with(permission: str) -> str:
        user.user_permissions.add(Permission.objects.get(codename=permission))
        client = Client()
        client.force_login(user)
        client.post("/admin/realtime/hookdelivery/", asked)
        delivery.refresh_from_db()
        return delivery.status

    assert ask_with("view_hookdelivery") == "dead"
    assert ask_with("change_hookdelivery") == "queued"
