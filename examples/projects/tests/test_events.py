"""Events told by hand."""

from __future__ import annotations

from typing import Any

import pytest

from examples.conftest import Told
from examples.projects import events
from realtime import acting_as
from realtime.jsontext import load_json
from realtime.models import StoredEvent

pytestmark = pytest.mark.django_db

_OF_TASK = {"task_id": 9, "project_id": 4}
TASKS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("created", {"task_data": {"title": "Dig"}}, {"title": "Dig"}),
    ("updated", {"task_data": {"title": "Dig", "due": "soon"}}, {"title": "Dig", "due": "soon"}),
    ("deleted", {}, {}),
    (
        "status_changed",
        {"old_status": "todo", "new_status": "done"},
        {"old_status": "todo", "status": "done"},
    ),
    ("assigned", {"assignee_id": 7}, {"assignee": 7}),
    ("assigned", {"assignee_id": None}, {"assignee": None}),
]
OTHERS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "project_updated",
        {"project_id": 4, "project_data": {"name": "Garden"}},
        "project:4",
        {"id": 4, "name": "Garden"},
    ),
    ("project_archived", {"project_id": 4}, "project:4", {"id": 4, "archived": True}),
    ("message_deleted", {"room": "task:9", "message_id": 3}, "task:9", {"id": 3}),
    (
        "message_edited",
        {"room": "channel:2", "message_data": {"id": 3, "content": "Hi"}},
        "channel:2",
        {"id": 3, "content": "Hi"},
    ),
]


@pytest.mark.parametrize(("name", "given", "data"), TASKS)
def test_tasks_are_told_to_their_room_and_their_projects(
    told: Told, name: str, given: dict[str, Any], data: dict[str, Any]
) -> None:
    told.events()
    getattr(events, f"notify_task_{name}")(**_OF_TASK, **given)
    found = told.events()
    assert [(e.type, e.topic) for e in found] == [
        (f"task.{name}", "task:9"),
        (f"task.{name}", "project:4"),
    ]
    assert load_json(found[0].data) == {"id": 9, "project": 4, **data}
    assert {event.entity_id for event in found} == {"9"}


@pytest.mark.parametrize(("name", "given", "room", "data"), OTHERS)
def test_projects_and_messages_are_told_to_one_room(
    told: Told, name: str, given: dict[str, Any], room: str, data: dict[str, Any]
) -> None:
    told.events()
    getattr(events, f"notify_{name}")(**given)
    (event,) = told.events()
    assert (event.type, event.topic) == (name.replace("_", ".", 1), room)
    assert load_json(event.data) == data


def test_the_one_who_did_it_is_named(told: Told, carol: Any) -> None:
    told.events()
    events.notify_task_created(**_OF_TASK, task_data={}, creator_username="robot")
    assert {(event.sender, event.actor_id) for event in told.events()} == {("robot", None)}
    with acting_as(carol):
        events.notify_task_deleted(**_OF_TASK)
    assert {event.sender for event in told.events()} == {"carol"}


def test_wrong_types_are_noticed_at_once() -> None:
    with pytest.raises(TypeError, match=r"task\.created.*title"):
        events.notify_task_created(**_OF_TASK, task_data={"title": 7})  # type: ignore[typeddict-item]
    with pytest.raises(TypeError):
        events.notify_message_new(room="task:9", message_data={"content": None})  # type: ignore[typeddict-item]
    assert not StoredEvent.objects.filter(topic="task:9").exists()


def test_every_function_has_its_twin() -> None:
    names = {name for name in vars(events) if name.startswith("notify_")}
    assert len(names) == 10
    assert {f"a{name}" for name in names} <= set(vars(events))


@pytest.mark.django_db(transaction=True)
async def test_async_code_awaits_the_twin() -> None:
    await events.anotify_task_created(**_OF_TASK, task_data={"title": "Dig"})
    await events.anotify_message_new(room="channel:2", message_data={"content": "Hi"})
    found = StoredEvent.objects.order_by("position").values_list("topic", "seq")
    assert [pair async for pair in found] == [("task:9", 1), ("project:4", 1), ("channel:2", 1)]
