"""Who hears of projects, channels and tasks, and of what."""

from __future__ import annotations

from typing import Any

import realtime
from examples.projects.chat import RoomChat
from examples.projects.models import (
    Channel,
    ChannelMessage,
    Membership,
    MessageReaction,
    Project,
    Task,
)
from examples.projects.serializers import (
    ChannelSerializer,
    MessageSerializer,
    ProjectSerializer,
    ReactionSerializer,
    TaskSerializer,
)


def is_member(user: Any, **project: Any) -> bool:
    return Project.objects.filter(members=user, **project).exists()


membership = realtime.Dependency(Membership, scopes=lambda row: [f"user:{row.user_id}"])

realtime.topic(
    "project:<int:pk>",
    authorize=lambda user, pk: is_member(user, pk=pk),
    chat=RoomChat("project"),
    depends_on=[membership],
)
realtime.topic(
    "channel:<int:pk>",
    authorize=lambda user, pk: is_member(user, channels=pk),
    chat=RoomChat("channel"),
    depends_on=[realtime.Dependency(Channel, lambda row: [f"topic:channel:{row.pk}"], {"project"})],
)
realtime.topic(
    "task:<int:pk>",
    authorize=lambda user, pk: is_member(user, tasks=pk),
    chat=RoomChat("task"),
    depends_on=[realtime.Dependency(Task, lambda row: [f"topic:task:{row.pk}"], {"project"})],
)

realtime.event(
    "project.archived",
    schema=ProjectSerializer,
    summary="A project was put away; it stays readable.",
)
realtime.live(
    Project,
    topics=lambda project: [f"project:{project.pk}"],
    data=ProjectSerializer,
    changed={"archived": lambda project: "project.archived" if project.archived else None},
)
realtime.live(
    Channel, topics=lambda channel: [f"project:{channel.project_id}"], data=ChannelSerializer
)
realtime.live(
    Task,
    topics=lambda task: [f"task:{task.pk}", f"project:{task.project_id}"],
    data=TaskSerializer,
    changed={"status": "task.status_changed", "assignee": "task.assigned"},
)
realtime.live(
    ChannelMessage,
    topics=lambda message: [message.room],
    data=MessageSerializer,
    events={"created": "message.new", "updated": "message.edited", "deleted": "message.deleted"},
    ignore=["seq"],
    seq_field="seq",
    fetch=["author"],
    withdraws={"content": ""},
)
realtime.live(
    MessageReaction,
    topics=lambda reaction: [reaction.message.room],
    data=ReactionSerializer,
    events={"created": "reaction.added", "updated": None, "deleted": "reaction.removed"},
    fetch=["message", "user"],
)
