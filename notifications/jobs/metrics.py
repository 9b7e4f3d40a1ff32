"""What Prometheus is told of background jobs."""

from __future__ import annotations

from django.db.models import Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

from notifications.jobs.heartbeat import live_workers
from notifications.jobs.models import ScheduledJob
from realtime.monitoring.exposition import also_show


@also_show
def lateness() -> Metric:
    """How long the job that has waited longest is due, over all processes: 0 while somebody does the work."""
    due = ScheduledJob.objects.filter(enabled=True).aggregate(first=Min("next_run_at"))["first"]
    late = 0.0 if due is None else max(0.0, (timezone.now() - due).total_seconds())
    return GaugeMetricFamily(
        "livedesk_jobs_late_seconds", "How late the next background job is.", value=late
    )


@also_show
def workers() -> Metric:
    """How many processes do background work, over all machines."""
    return GaugeMetricFamily(
        "livedesk_workers", "Processes that do background work.", value=live_workers()
    )
