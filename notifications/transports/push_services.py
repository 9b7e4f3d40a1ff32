"""Where pushes may go: a browser names the address that this server then calls, so only known services are taken."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from notifications.conf import notifications_config


def is_push_service(endpoint: str) -> bool:
    """Whether an endpoint is on one of the allowed origins (``push_services``)."""
    try:
        parts = urlsplit(endpoint)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
    except ValueError:
        return False
    return any(
        _pattern(allowed).fullmatch(origin) for allowed in notifications_config().push_services
    )


def _pattern(allowed: str) -> re.Pattern[str]:
    label = r"[a-z0-9-]+"
    return re.compile(re.escape(allowed.lower()).replace(r"\*", rf"{label}(?:\.{label})*"))
