"""REST of the projects example."""

from __future__ import annotations

from typing import Any

from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer

from examples.membership import MemberViewSet
from examples.projects.models import Channel, Membership, Project, Task
from examples.projects.serializers import ChannelSerializer, ProjectSerializer, TaskSerializer


class ProjectViewSet(MemberViewSet):
    """Projects that the caller is a member of."""

    model, members, serializer_class = Project, "members", ProjectSerializer

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        """Whoever makes a project is its first member."""
        project = serializer.save()
        user: Any = self.request.user
        Membership.objects.create(project=project, user=user)


class ChannelViewSet(MemberViewSet):
    """Channels of the caller's projects."""

    model, members, serializer_class = Channel, "project__members", ChannelSerializer


class TaskViewSet(MemberViewSet):
    """Tasks of the caller's projects."""

    model, members, serializer_class = Task, "project__members", TaskSerializer


router = SimpleRouter()
router.register("projects", ProjectViewSet, basename="project")
router.register("channels", ChannelViewSet, basename="channel")
router.register("tasks", TaskViewSet, basename="task")
