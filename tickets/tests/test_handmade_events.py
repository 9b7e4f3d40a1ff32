"""Messages that are told by hand, by code that keeps them elsewhere."""

from __future__ import annotations

from uuid import uuid4

import pytest

from realtime.jsontext import load_json
from realtime.models import StoredEvent
from tickets import events


@pytest.mark.django_db
def test_messages_are_told_to_the_room_of_their_ticket() -> None:
    ticket = uuid4()
    events.notify_message_new(
        ticket_id=ticket, message_data={"id": "m1", "content": "Hi"}, author_username="robot"
    )
    events.notify_message_edited(ticket_id=ticket, message_data={"id": "m1", "content": "Hey"})
    events.notify_message_deleted(ticket_id=ticket, message_id="m1")
    found = StoredEvent.objects.filter(topic=f"ticket:{ticket}").order_by("position")
    assert [event.type for event in found] == ["message.new", "message.edited", "message.deleted"]
    assert load_json(found[0].data) == {"ticket": str(ticket), "id": "m1", "content": "Hi"}
    assert (found[0].sender, found[0].entity_id) == ("robot", "m1")
    with pytest.raises(TypeError, match="content"):
        events.notify_message_new(ticket_id=ticket, message_data={"content": 1})  # type: ignore[typeddict-item]


@pytest.mark.django_db(transaction=True)
async def test_async_code_awaits_the_twins() -> None:
    ticket = uuid4()
    await events.anotify_message_new(ticket_id=ticket, message_data={"content": "Hi"})
    await events.anotify_message_deleted(ticket_id=ticket, message_id="m1")
    assert await StoredEvent.objects.filter(topic=f"ticket:{ticket}").acount() == 2
