"""Scheduled jobs and tasks in the admin, with their last results."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult
from unfold.admin import ModelAdmin
from unfold.decorators import display

from notifications.jobs.models import ScheduledJob
from notifications.jobs.registry import job_named


@admin.register(ScheduledJob)
class ScheduledJobAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no type information
    """When each job runs next and how its last run went; run it now, or turn it off."""

    list_display = [
        "label",
        "outcome",
        "last_finished_at",
        "next_run_at",
        "interval",
        "runs",
        "enabled",
    ]
    list_filter = ["last_outcome", "enabled"]
    search_fields = ["name", "label"]
    fields = [
        "name",
        "label",
        "enabled",
        "every_seconds",
        "interval",
        "next_run_at",
        "last_outcome",
        "last_result",
        "last_started_at",
        "last_finished_at",
        "running_until",
        "runs",
        "failures_in_a_row",
    ]
    actions = ["run_now", "turn_on", "turn_off"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for name in self.fields if name not in ("enabled", "every_seconds")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(  # type: ignore[untyped-decorator]
        description="last run",
        ordering="last_outcome",
        label={"succeeded": "success", "failed": "danger", "never": "info"},
    )
    def outcome(self, job: ScheduledJob) -> tuple[str, str]:
        return job.last_outcome, job.get_last_outcome_display()

    @admin.display(description="every")
    def interval(self, job: ScheduledJob) -> str:
        declared = job_named(job.name)
        if declared is None:
            return "no installed app has it"
        return f"{job.every_seconds or declared.every.total_seconds():g} s"

    @admin.action(description="Run now", permissions=["change"])
    def run_now(self, request: HttpRequest, chosen: QuerySet[ScheduledJob]) -> None:
        moved = chosen.filter(enabled=True).update(next_run_at=timezone.now(), running_until=None)
        messages.success(request, f"{moved} will run within seconds.")

    @admin.action(description="Turn on", permissions=["change"])
    def turn_on(self, request: HttpRequest, chosen: QuerySet[ScheduledJob]) -> None:
        chosen.update(enabled=True)

    @admin.action(description="Turn off", permissions=["change"])
    def turn_off(self, request: HttpRequest, chosen: QuerySet[ScheduledJob]) -> None:
        chosen.update(enabled=False)


admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin, ModelAdmin):  # type: ignore[misc]  # unfold has no type information
    """The library's page of tasks and results, in this admin's looks."""
