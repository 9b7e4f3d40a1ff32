"""Work that nobody waits for: periodic jobs, declared in an app's ``periodic.py``, and deferred tasks.

    @periodic("tickets.sla", every=60, label="SLA warnings and breaches")
    def check_sla() -> str:
        return f"{run_due_sla_checks()} checked"

Deferred work is a task of `django_tasks`: ``@task()``, then ``send_announcement.enqueue(id)`` in the transaction that wants it.
Both run in the server's own process unless ``JOBS`` says otherwise; see docs/adr/0005-background-work.md.
"""

from notifications.jobs.registry import periodic

__all__ = ["periodic"]
