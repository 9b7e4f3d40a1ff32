"""What `manage.py check --deploy` asks beside Django's own questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.staticfiles, deploy=True)
def check_collected_files(**_: Any) -> list[CheckMessage]:
    """In production pages can't be shown before their files have been collected."""
    collected = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not settings.PRODUCTION or collected.exists():
        return []
    text = f"The files of the pages are not in {settings.STATIC_ROOT}: every page would be a 500."
    hint = "Run `manage.py collectstatic --noinput` with the DATA_DIR that the servers have."
    return [Warning(text, hint=hint, id="livedesk.W001")]
