"""Another system posts into a channel through an incoming hook, as a bot."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from examples.projects.models import ChannelMessage, Membership, Project
from realtime.hooks.api import HookThrottle
from realtime.models import IncomingHook, StoredEvent

pytestmark = pytest.mark.django_db

_SAID = "Build 7 is green"


@pytest.fixture
def hook(project: Project, dave: Any) -> IncomingHook:
    """Dave's account is the bot's; it may write in the channel."""
    cache.clear()
    Membership.objects.create(project=project, user=dave)
    room = f"channel:{project.channels.get().pk}"
    return IncomingHook.objects.create(name="Builds", room=room, bot=dave)


def _post(secret: str, body: Any) -> Any:
    return APIClient().post(f"/api/v1/hooks/{secret}/", body, format="json")


@pytest.mark.parametrize(
    "more",
    [
        {"content": _SAID},
        {"text": _SAID},
        {"content": None, "text": _SAID},
        {"content": "", "text": _SAID},
    ],
)
def test_what_is_posted_is_said_by_the_bot(hook: IncomingHook, more: dict[str, Any]) -> None:
    answer = _post(hook.secret, more)
    assert answer.status_code == 201
    message = ChannelMessage.objects.get()
    assert (message.content, message.author) == (_SAID, hook.bot)
    assert answer.json()["id"] == message.pk
    event = StoredEvent.objects.get(type="message.new")
    assert (event.topic, event.sender) == (hook.room, "dave")
    hook.refresh_from_db()
    assert hook.last_used_at is not None


def test_a_retry_says_nothing_twice(hook: IncomingHook) -> None:
    body = {"content": "Build 7 is green", "client_id": "build-7"}
    assert _post(hook.secret, body).json() == _post(hook.secret, body).json()
    assert ChannelMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_field"),
        ({"content": ""}, "missing_field"),
        ({"content": None}, "missing_field"),
        ({"content": 7}, "invalid_field"),
        ({"content": ["x"]}, "invalid_field"),
        ({"content": "x" * 10_001}, "invalid_field"),
        ({"content": "x", "client_id": 7}, "invalid_field"),
        ({"content": "x", "client_id": "x" * 81}, "invalid_field"),
        ([], "invalid_field"),
        ("x", "invalid_field"),
    ],
)
def test_what_is_no_message_is_refused(hook: IncomingHook, body: Any, code: str) -> None:
    answer = _post(hook.secret, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not ChannelMessage.objects.exists()


def test_a_wrong_secret_and_a_hook_that_is_off_look_alike(hook: IncomingHook) -> None:
    wrong = _post("x" * 43, {"content": "Hi"})
    IncomingHook.objects.update(is_active=False)
    off = _post(hook.secret, {"content": "Hi"})
    assert (wrong.status_code, wrong.json()) == (off.status_code, off.json())
    assert wrong.json()["code"] == "forbidden"


def test_a_bot_says_no_more_than_its_account_may(hook: IncomingHook) -> None:
    Membership.objects.filter(user=hook.bot).delete()
    assert _post(hook.secret, {"content": "Hi"}).status_code == 403
    Membership.objects.create(project=Project.objects.get(), user=hook.bot)
    assert _post(hook.secret, {"content": "Hi"}).status_code == 201
    hook.bot.is_active = False
    hook.bot.save()
    assert _post(hook.secret, {"content": "Hi"}).status_code == 403


@pytest.mark.parametrize(("room", "status"), [("stock", 403), ("nowhere:1", 403), ("", 403)])
def test_a_hook_into_a_room_without_chat_posts_nothing(
    hook: IncomingHook, room: str, status: int
) -> None:
    IncomingHook.objects.update(room=room)
    assert _post(hook.secret, {"content": "Hi"}).status_code == status


def test_too_many_messages_are_refused(hook: IncomingHook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HookThrottle, "rate", "2/min")
    posted = [_post(hook.secret, {"content": "Hi"}).status_code for _ in range(3)]
    assert posted == [201, 201, 429]
