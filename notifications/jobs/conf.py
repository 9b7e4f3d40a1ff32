"""How background work runs: one typed struct, read from ``settings.JOBS`` (a dict, every key optional)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from realtime.typed_settings import TypedSettings


class JobsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``settings.JOBS`` may say."""

    embedded: bool = True
    """Server processes do the background work themselves; False: only ``manage.py run_jobs`` does."""
    threads: Annotated[int, msgspec.Meta(ge=1, le=32)] = 2
    """How many tasks a process runs at once, so that a long one doesn't hold up the others."""
    poll_seconds: Annotated[float, msgspec.Meta(ge=0.05, le=3600)] = 1.0
    """How often a worker looks for due jobs and new tasks."""
    lost_after_minutes: float = 15
    """A task that has been running for so long was lost with its process, and is started again."""
    keep_days: int = 7
    """How long results of tasks are kept."""


jobs_config = TypedSettings("JOBS", JobsConfig)
