"""What is said in the rooms of projects, channels and tasks."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from examples.conftest import Told
from examples.projects.chat import MOST_CHARACTERS
from examples.projects.models import ChannelMessage, Project
from realtime.errors import Forbidden, InvalidField
from realtime.jsontext import load_json
from realtime.registry import registry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["channel", "project", "task"])
def room(request: pytest.FixtureRequest, project: Project) -> tuple[Any, dict[str, int]]:
    """A room's chat and what its name says."""
    keys = {"project": project.pk, "channel": project.channels.get().pk}
    keys["task"] = project.tasks.order_by("pk")[0].pk
    found = registry.resolve(f"{request.param}:{keys[request.param]}")
    assert found is not None
    return found[0].chat, found[1]


def _say(room: tuple[Any, dict[str, int]], user: Any, content: str, client_id: Any = None) -> Any:
    chat, params = room
    return chat.send(user=user, params=params, content=content, client_id=client_id, fields={})


def test_a_message_is_stored_and_has_a_number(room: Any, carol: Any) -> None:
    receipt = _say(room, carol, "Hello")
    message = ChannelMessage.objects.get()
    assert (message.content, message.author, message.seq) == ("Hello", carol, receipt.seq)
    assert receipt.data["room"] == message.room
    assert receipt.data["author"] == {"id": str(carol.pk), "username": "carol"}


def test_a_retry_gets_the_first_message(room: Any, carol: Any) -> None:
    client_id = uuid4().hex
    first, second = (_say(room, carol, text, client_id) for text in ("Hello", "Hello again"))
    assert first == second
    assert ChannelMessage.objects.count() == 1


def test_a_client_id_counts_in_its_room_only(room: Any, carol: Any, project: Project) -> None:
    here = _say(room, carol, "Hello", "one")
    other = project.channels.create(name="Elsewhere")
    found = registry.resolve(f"channel:{other.pk}")
    assert found is not None
    there = _say((found[0].chat, found[1]), carol, "Hello there", "one")
    assert (here.data["content"], there.data["content"]) == ("Hello", "Hello there")


def test_only_the_author_edits_and_deletes(room: Any, carol: Any, bob: Any) -> None:
    chat, params = room
    key = str(_say(room, carol, "Helo").data["id"])
    with pytest.raises(Forbidden):
        chat.edit(user=bob, params=params, message_id=key, content="Mine now")
    with pytest.raises(Forbidden):
        chat.delete(user=bob, params=params, message_id=key)
    edited = chat.edit(user=carol, params=params, message_id=key, content="Hello")
    assert (edited.data["content"], bool(edited.data["edited_at"])) == ("Hello", True)
    deleted = chat.delete(user=carol, params=params, message_id=key).data
    assert (deleted["id"], deleted["content"]) == (int(key), "")
    assert not ChannelMessage.objects.exists()


def test_reactions_are_each_members_own_and_told_once(
    room: Any, carol: Any, bob: Any, told: Told
) -> None:
    chat, params = room
    key = str(_say(room, carol, "Done!").data["id"])
    reaction = {"params": params, "message_id": key, "emoji": "👍"}
    for user, method in (
        (bob, chat.react),
        (bob, chat.react),
        (carol, chat.unreact),
        (bob, chat.unreact),
        (bob, chat.unreact),
    ):
        assert method(user=user, **reaction).data["id"] == int(key)
    events = [event for event in told.events() if event.type.startswith("reaction.")]
    assert [event.type for event in events] == ["reaction.added", "reaction.removed"]
    by_bob = {"message_id": int(key), "emoji": "👍", "user": {"id": str(bob.pk), "username": "bob"}}
    assert all(load_json(event.data) == by_bob for event in events)
    assert events[0].topic == ChannelMessage.objects.get().room


@pytest.mark.parametrize("emoji", ["x", "Applaus", " ", "é"])
def test_what_is_no_emoji_is_no_reaction(room: Any, carol: Any, emoji: str) -> None:
    chat, params = room
    key = str(_say(room, carol, "Done!").data["id"])
    with pytest.raises(InvalidField):
        chat.react(user=carol, params=params, message_id=key, emoji=emoji)


def test_a_pointer_moves_forward_only_and_no_further_than_there_is_something(
    room: Any, carol: Any, bob: Any
) -> None:
    chat, params = room
    first, last = (_say(room, bob, text).seq for text in ("One", "Two"))
    read = [
        chat.read(user=carol, params=params, seq=seq) for seq in (first, last + 100, first, last)
    ]
    assert read == [first, last, last, last]
    assert chat.read(user=bob, params=params, seq=first) == first


@pytest.mark.parametrize("key", ["x", "", "-1", "٣", "9" * 30, "4000000"])
def test_a_message_that_is_not_there_looks_like_somebody_elses(
    room: Any, carol: Any, key: str
) -> None:
    chat, params = room
    with pytest.raises(Forbidden):
        chat.delete(user=carol, params=params, message_id=key)


def test_a_text_that_is_too_long_is_refused(room: Any, carol: Any) -> None:
    with pytest.raises(InvalidField):
        _say(room, carol, "x" * (MOST_CHARACTERS + 1))
    assert _say(room, carol, "x" * MOST_CHARACTERS).seq


@pytest.mark.parametrize("client_id", [None, "c1"])
def test_a_room_that_is_gone_takes_nothing(carol: Any, project: Project, client_id: Any) -> None:
    found = registry.resolve("channel:404")
    assert found is not None
    assert found[0].chat is not None
    with pytest.raises(Forbidden):
        found[0].chat.send(
            user=carol, params=found[1], content="Hi", client_id=client_id, fields={}
        )


def test_what_was_taken_back_is_taken_out_of_the_log(room: Any, carol: Any, told: Told) -> None:
    chat, params = room
    key = str(_say(room, carol, "My password").data["id"])
    chat.edit(user=carol, params=params, message_id=key, content="Hello")
    chat.delete(user=carol, params=params, message_id=key)
    events = [load_json(event.data) for event in told.events() if event.type.startswith("message.")]
    assert [event["content"] for event in events] == ["", "", ""]
