"""Links that turn e-mails off without signing in (RFC 8058)."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.urls import reverse

from notifications.conf import notifications_config

_signer = signing.Signer(salt="notifications.unsubscribe")


def unsubscribe_url(user_id: Any, kind: str | None) -> str:
    """The link that stops e-mails of a kind to a user; of all kinds where it is None."""
    token = _signer.sign_object([str(user_id), kind], compress=True)
    path = reverse("notification-unsubscribe", kwargs={"token": token})
    return f"{notifications_config().base_url}{path}"


def read_unsubscribe_token(token: str) -> tuple[str, str | None]:
    """The user id and the kind in a link's token. It doesn't expire: an old e-mail's link still works.

    Raises:
        django.core.signing.BadSignature: it isn't one of ours.
    """
    user_id, kind = _signer.unsign_object(token)
    return user_id, kind
