"""Demo rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from examples.projects.models import Channel, Membership, Project, Task


def create_demo(members: Iterable[Any]) -> None:
    """A project with a channel and two tasks, seen by ``members``."""
    people = list(members)
    project = Project.objects.create(name="Website relaunch", description="New site by spring.")
    for user in people:
        Membership.objects.create(project=project, user=user)
    Channel.objects.create(project=project, name="general")
    Task.objects.create(project=project, title="Draft the landing page", assignee=people[0])
    Task.objects.create(project=project, title="Collect customer quotes", status="in_progress")
