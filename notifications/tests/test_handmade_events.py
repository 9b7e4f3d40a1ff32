"""Notifications that are told by hand, by code that keeps them elsewhere."""

from __future__ import annotations

import pytest

from notifications import events
from notifications.dialect import notification_event
from realtime.jsontext import load_json
from realtime.log.reading import events_after


@pytest.mark.django_db(transaction=True)
def test_they_reach_the_user_in_the_form_of_all_notifications() -> None:
    events.notify_notification_new(
        user_id=7, notification_data={"title": "Backup done", "type": "success"}
    )
    events.notify_notification_mentioned(
        user_id=7, notification_data={"title": "Hey", "url": "/x"}, sender_username="robot"
    )
    new, mentioned = events_after("user:7", 0)
    assert (new.type, mentioned.type) == ("notification.new", "notification.mentioned")
    assert mentioned.sender == "robot"
    frame = load_json((notification_event(new) or "").encode())
    assert (frame["type"], frame["seq"]) == ("notification", 1)
    assert (
        frame["payload"].items()
        >= {
            "type": "success",
            "title": "Backup done",
            "message": "",
        }.items()
    )
    with pytest.raises(TypeError, match="type"):
        events.notify_notification_new(user_id=7, notification_data={"type": "loud"})  # type: ignore[typeddict-item]


@pytest.mark.django_db(transaction=True)
async def test_async_code_awaits_the_twins() -> None:
    await events.anotify_notification_new(user_id=7, notification_data={"title": "Hi"})
    await events.anotify_notification_mentioned(user_id=7, notification_data={"title": "Hi"})
