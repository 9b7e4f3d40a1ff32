"""System checks: a wrong setting stops the start with a sentence."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from notifications.jobs.conf import jobs_config


@register("jobs")
def check_settings(**_: Any) -> list[CheckMessage]:
    try:
        jobs_config()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="See notifications/jobs/conf.py.", id="jobs.E001")]
    return []
