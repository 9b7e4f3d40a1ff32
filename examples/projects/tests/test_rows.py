"""Projects, channels and tasks: who may hear of them, and what they hear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from examples.conftest import Told
from examples.projects.models import Channel, ChannelMessage, Membership, Project, Task
from realtime.models import AccessChange

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(project: Project) -> Task:
    return project.tasks.get(title="Draft the landing page")


def test_members_hear_all_rooms_of_a_project_and_strangers_none(
    project: Project, task: Task, carol: Any, dave: Any, may_hear: Callable[[Any, str], bool]
) -> None:
    channel = project.channels.get()
    for room in (f"project:{project.pk}", f"channel:{channel.pk}", f"task:{task.pk}"):
        assert may_hear(carol, room)
        assert not may_hear(dave, room)
        assert not may_hear(carol, f"{room}000")


def test_whoever_joins_may_hear_and_whoever_leaves_is_asked_again(
    project: Project, dave: Any, may_hear: Callable[[Any, str], bool]
) -> None:
    membership = Membership.objects.create(project=project, user=dave)
    assert may_hear(dave, f"project:{project.pk}")
    membership.delete()
    assert not may_hear(dave, f"project:{project.pk}")
    assert AccessChange.objects.filter(scope=f"user:{dave.pk}").exists()


def test_a_task_is_told_to_its_own_room_and_its_projects(project: Project, told: Told) -> None:
    told.events()
    task = Task.objects.create(project=project, title="Write the texts")
    assert told.pairs() == [
        ("task.created", f"task:{task.pk}"),
        ("task.created", f"project:{project.pk}"),
    ]


def test_status_and_assignee_have_events_of_their_own(
    project: Project, task: Task, carol: Any, told: Told
) -> None:
    room = f"task:{task.pk}"
    told.events()
    task.status = "done"
    task.save()
    assert told.types(room) == ["task.status_changed"]
    task.assignee = carol
    task.save()
    assert told.types(room) == ["task.assigned"]
    task.title, task.status = "Draft two pages", "todo"
    task.save()
    assert told.types(room) == ["task.status_changed", "task.updated"]
    task.delete()
    assert told.types(room) == ["task.deleted"]


def test_a_task_that_moves_leaves_one_project_and_arrives_in_the_other(
    project: Project, task: Task, told: Told
) -> None:
    other = Project.objects.create(name="Other")
    told.events()
    task.project = other
    task.save()
    assert set(told.pairs()) == {
        ("task.deleted", f"project:{project.pk}"),
        ("task.created", f"project:{other.pk}"),
        ("task.updated", f"task:{task.pk}"),
    }
    assert AccessChange.objects.filter(scope=f"topic:task:{task.pk}").exists()


def test_putting_a_project_away_is_told_as_such_and_taking_it_out_as_an_update(
    project: Project, told: Told
) -> None:
    told.events()
    for archived, type in ((True, "project.archived"), (False, "project.updated")):
        project.archived = archived
        project.save()
        assert told.types(f"project:{project.pk}") == [type]


def test_a_message_is_said_in_exactly_one_room(project: Project, task: Task, carol: Any) -> None:
    for places in ({}, {"project": project, "task": task}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ChannelMessage.objects.create(author=carol, content="Hi", **places)


def test_what_is_said_has_the_number_of_its_event(project: Project, carol: Any, told: Told) -> None:
    channel = Channel.objects.get(project=project)
    told.events()
    message = ChannelMessage.objects.create(channel=channel, author=carol, content="Hi")
    message.content = "Hi!"
    message.save()
    message.delete()
    assert told.types(f"channel:{channel.pk}") == [
        "message.new",
        "message.edited",
        "message.deleted",
    ]
