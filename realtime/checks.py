"""System checks: a wrong setting stops the start with a sentence."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from realtime.capture.checking import (
    problems_of_databases,
    problems_of_events,
    problems_of_live_models,
    problems_of_topics,
)
from realtime.conf import config


@register("realtime")
def check_settings(**_: Any) -> list[CheckMessage]:
    try:
        config()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="See realtime/conf.py for the keys.", id="realtime.E001")]
    return []


@register("realtime")
def check_database(**_: Any) -> list[CheckMessage]:
    if connection.vendor not in ("postgresql", "sqlite"):
        return [
            Error(
                f"realtime can't number events on {connection.vendor}.",
                hint="Use PostgreSQL or SQLite for the default database.",
                id="realtime.E002",
            )
        ]
    options = connection.settings_dict
    if connection.vendor == "postgresql" and options["ATOMIC_REQUESTS"]:
        return [
            Warning(
                "ATOMIC_REQUESTS is on, and realtime.snapshot() refuses to begin inside of a request's transaction.",
                hint="Turn it off, or decorate views that take a snapshot with transaction.non_atomic_requests.",
                id="realtime.W003",
            )
        ]
    if connection.vendor == "sqlite" and options["OPTIONS"].get("transaction_mode") != "IMMEDIATE":
        return [
            Warning(
                'On SQLite, changes of live models fail with "database is locked" while others write.',
                hint='Write DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}.',
                id="realtime.W004",
            )
        ]
    return []


@register("realtime")
def check_time_zones(**_: Any) -> list[CheckMessage]:
    if not settings.USE_TZ:
        return [
            Error(
                "USE_TZ is off, and times without a zone are no moments: tickets expire and events happen at wrong ones.",
                hint="Write USE_TZ = True.",
                id="realtime.E015",
            )
        ]
    return []


@register("realtime")
def check_declarations(**_: Any) -> list[CheckMessage]:
    return [
        *problems_of_topics(),
        *problems_of_events(),
        *problems_of_live_models(),
        *problems_of_databases(),
    ]
