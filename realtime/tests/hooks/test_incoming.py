"""What is posted to addresses that aren't, or are no longer, an incoming hook's."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from rest_framework.test import APIClient

from realtime.models import IncomingHook

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("secret", ["unknown", "a%00b", "%00", "x" * 500, "off"])
def test_an_unknown_hook_and_one_that_is_off_look_the_same(secret: str, settings: Any) -> None:
    bot = get_user_model().objects.create_user("bot")
    IncomingHook.objects.create(name="Off", secret="off", room="shop:1", bot=bot, is_active=False)
    answer = APIClient().post(f"/api/v1/hooks/{secret}/", {"content": "Hi"}, format="json")
    assert answer.status_code == 403
    assert answer.json() == {"code": "forbidden", "detail": "There is no such hook."}


def test_the_bot_is_searched_for_where_the_admin_has_users(client: Client) -> None:
    client.force_login(get_user_model().objects.create_superuser("root"))
    page = client.get("/admin/realtime/incominghook/add/").content.decode()
    assert "admin-autocomplete" in page
