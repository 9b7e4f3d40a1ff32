"""System checks: a wrong setting stops the start with a sentence."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from realtime.capture.checking import (
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
    return []


@register("realtime")
def check_declarations(**_: Any) -> list[CheckMessage]:
    return [*problems_of_topics(), *problems_of_events(), *problems_of_live_models()]
