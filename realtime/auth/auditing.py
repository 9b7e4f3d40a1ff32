"""Who signed in and who was refused, over REST and by the admin's form: lines of the log ``realtime.auth``."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.http import HttpRequest

from realtime.auth.throttles import address_of

log = logging.getLogger("realtime.auth")


def audit_sign_ins() -> None:
    """Listens to what Django tells of passwords. Tokens' logins tell of themselves: `logins`."""
    user_login_failed.connect(_refused, dispatch_uid="realtime.auth.refused")
    user_logged_in.connect(_started, dispatch_uid="realtime.auth.started")


def _refused(*, request: HttpRequest | None = None, **_: Any) -> None:
    # Without the name: now and then somebody types a password there.
    log.warning("sign-in refused", extra=_where(request))


def _started(*, user: Any, request: HttpRequest | None = None, **_: Any) -> None:
    log.info("session started", extra={"user_id": str(user.pk), **_where(request)})


def _where(request: HttpRequest | None) -> dict[str, str]:
    return {"address": address_of(request), "path": request.path} if request is not None else {}
