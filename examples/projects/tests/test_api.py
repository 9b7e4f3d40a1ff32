"""REST of projects: one's own, and nothing of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from examples.projects.models import Membership, Project, Task
from realtime.models import StoredEvent

pytestmark = pytest.mark.django_db

Rest = Callable[[Any], APIClient]
ROOT = "/api/v1/examples"


def test_strangers_see_nothing_and_change_nothing(project: Project, dave: Any, rest: Rest) -> None:
    client = rest(dave)
    for kind in ("projects", "channels", "tasks"):
        assert client.get(f"{ROOT}/{kind}/").json()["results"] == []
        assert client.get(f"{ROOT}/{kind}/1/").status_code == 404
        assert client.patch(f"{ROOT}/{kind}/1/", {"name": "Mine"}).status_code == 404
        assert client.delete(f"{ROOT}/{kind}/1/").status_code == 404
    refused = client.post(f"{ROOT}/tasks/", {"project": project.pk, "title": "Intrude"})
    assert refused.status_code == 400
    assert "project" in refused.json()["fields"]
    assert APIClient().get(f"{ROOT}/projects/").status_code == 401


def test_members_work_on_tasks_and_their_doings_have_their_name(
    project: Project, carol: Any, rest: Rest
) -> None:
    client = rest(carol)
    created = client.post(f"{ROOT}/tasks/", {"project": project.pk, "title": "Proofread"})
    assert created.status_code == 201
    assert created.json() == {
        "id": created.json()["id"],
        "project": project.pk,
        "title": "Proofread",
        "description": "",
        "status": "todo",
        "assignee": None,
    }
    path = f"{ROOT}/tasks/{created.json()['id']}/"
    assert client.patch(path, {"status": "done"}).json()["status"] == "done"
    event = StoredEvent.objects.filter(type="task.status_changed").latest("position")
    assert (event.sender, event.actor_id) == ("carol", str(carol.pk))
    assert client.patch(path, {"status": "lost"}).status_code == 400
    assert client.delete(path).status_code == 204
    assert not Task.objects.filter(title="Proofread").exists()


def test_a_task_cannot_be_moved_to_a_project_of_others(
    project: Project, carol: Any, rest: Rest
) -> None:
    other = Project.objects.create(name="Secret")
    task = project.tasks.order_by("pk")[0]
    refused = rest(carol).patch(f"{ROOT}/tasks/{task.pk}/", {"project": other.pk})
    assert refused.status_code == 400
    task.refresh_from_db()
    assert task.project == project


def test_whoever_makes_a_project_is_its_first_member(dave: Any, rest: Rest) -> None:
    made = rest(dave).post(f"{ROOT}/projects/", {"name": "Garden"}).json()
    assert Membership.objects.filter(project=made["id"], user=dave).exists()
    assert rest(dave).get(f"{ROOT}/projects/{made['id']}/").json()["name"] == "Garden"
