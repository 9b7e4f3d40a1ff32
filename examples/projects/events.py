"""Events of tasks, projects and their rooms that are told by hand: for code that keeps its tasks elsewhere.

Rows of the models here need none of this: they are live. Each function has an ``a…`` twin for async code. Data may have any
fields; those that are named here have these types, or the call is a ``TypeError``.
"""

from __future__ import annotations

from typing import Any, TypedDict

from asgiref.sync import sync_to_async

import realtime

Id = int | str


class TaskData(TypedDict, total=False):
    id: Id
    project: Id
    title: str
    description: str
    status: str
    assignee: Id | None


class TaskStatusData(TypedDict):
    id: Id
    project: Id
    old_status: str
    status: str


class TaskAssignedData(TypedDict):
    id: Id
    project: Id
    assignee: Id | None


class ProjectData(TypedDict, total=False):
    id: Id
    name: str
    description: str
    archived: bool


class MessageData(TypedDict, total=False):
    id: Id
    client_id: str | None
    content: str
    author: Any


def notify_task_created(
    *, task_id: Id, project_id: Id, task_data: TaskData, creator_username: str | None = None
) -> None:
    """Tells the rooms of a task and of its project that it was created."""
    _tell_of_task("task.created", task_id, project_id, task_data, TaskData, creator_username)


def notify_task_updated(
    *, task_id: Id, project_id: Id, task_data: TaskData, updater_username: str | None = None
) -> None:
    """Tells them that it has changed; a change of status or assignee alone has a function of its own."""
    _tell_of_task("task.updated", task_id, project_id, task_data, TaskData, updater_username)


def notify_task_deleted(
    *, task_id: Id, project_id: Id, deleter_username: str | None = None
) -> None:
    _tell_of_task("task.deleted", task_id, project_id, {}, TaskData, deleter_username)


def notify_task_status_changed(
    *,
    task_id: Id,
    project_id: Id,
    old_status: str,
    new_status: str,
    changer_username: str | None = None,
) -> None:
    data = {"old_status": old_status, "status": new_status}
    type = "task.status_changed"
    _tell_of_task(type, task_id, project_id, data, TaskStatusData, changer_username)


def notify_task_assigned(
    *, task_id: Id, project_id: Id, assignee_id: Id | None, assigner_username: str | None = None
) -> None:
    """Tells them who it was given to; None: nobody has it now."""
    data = {"assignee": assignee_id}
    _tell_of_task("task.assigned", task_id, project_id, data, TaskAssignedData, assigner_username)


def _tell_of_task(
    type: str, task_id: Id, project_id: Id, data: Any, form: Any, sender: str | None
) -> None:
    rooms = [f"task:{task_id}", f"project:{project_id}"]
    whole = {"id": task_id, "project": project_id, **data}
    realtime.tell(rooms, type, whole, form=form, entity_id=task_id, sender=sender)


def notify_project_updated(
    *, project_id: Id, project_data: ProjectData, updater_username: str | None = None
) -> None:
    """Tells the room of a project that it has changed."""
    _tell_of_project("project.updated", project_id, project_data, updater_username)


def notify_project_archived(*, project_id: Id, archiver_username: str | None = None) -> None:
    _tell_of_project("project.archived", project_id, {"archived": True}, archiver_username)


def _tell_of_project(type: str, project_id: Id, data: Any, sender: str | None) -> None:
    realtime.tell(
        f"project:{project_id}",
        type,
        {"id": project_id, **data},
        form=ProjectData,
        entity_id=project_id,
        sender=sender,
    )


def notify_message_new(
    *, room: str, message_data: MessageData, sender_username: str | None = None
) -> None:
    """Tells a room (``channel:4``, ``project:1``, ``task:9``) that something was said in it."""
    _tell_of_message("message.new", room, message_data, sender_username)


def notify_message_edited(
    *, room: str, message_data: MessageData, editor_username: str | None = None
) -> None:
    _tell_of_message("message.edited", room, message_data, editor_username)


def notify_message_deleted(
    *, room: str, message_id: Id, deleter_username: str | None = None
) -> None:
    _tell_of_message("message.deleted", room, {"id": message_id}, deleter_username)


def _tell_of_message(type: str, room: str, data: Any, sender: str | None) -> None:
    realtime.tell(room, type, data, form=MessageData, entity_id=data.get("id"), sender=sender)


anotify_task_created = sync_to_async(notify_task_created)
anotify_task_updated = sync_to_async(notify_task_updated)
anotify_task_deleted = sync_to_async(notify_task_deleted)
anotify_task_status_changed = sync_to_async(notify_task_status_changed)
anotify_task_assigned = sync_to_async(notify_task_assigned)
anotify_project_updated = sync_to_async(notify_project_updated)
anotify_project_archived = sync_to_async(notify_project_archived)
anotify_message_new = sync_to_async(notify_message_new)
anotify_message_edited = sync_to_async(notify_message_edited)
anotify_message_deleted = sync_to_async(notify_message_deleted)
