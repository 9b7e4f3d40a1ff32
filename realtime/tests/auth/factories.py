"""Users, and tokens as another issuer (or an attacker) with some knowledge would make them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from rest_framework_simplejwt.settings import api_settings

PASSWORD = "Secret123"
MISSING = object()


def make_user(*, username: str, **fields: Any) -> Any:
    return get_user_model().objects.create_user(username, password=PASSWORD, **fields)


def claims_for(user: Any, **changes: Any) -> dict[str, Any]:
    """The claims of a good access token without a login; ``MISSING`` leaves one out."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "sub": str(user.pk),
        "iat": now,
        "exp": now + 300,
        "jti": uuid4().hex,
        "iss": api_settings.ISSUER,
        "aud": api_settings.AUDIENCE,
        "token_type": "access",
    }
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not MISSING}


def sign(
    payload: Any, *, key: str | None = None, header: Any = None, algorithm: str = "sha256"
) -> str:
    """A token with any payload and header at all, which proper libraries refuse to make.

    ``payload`` and ``header`` may be text, to be used as it is.
    """
    head = _part({"alg": "HS256", "typ": "JWT"} if header is None else header)
    signed = f"{head}.{_part(payload)}"
    secret = (api_settings.SIGNING_KEY if key is None else key).encode()
    return f"{signed}.{_base64(hmac.new(secret, signed.encode(), algorithm).digest())}"


def token_for(user: Any, **changes: Any) -> str:
    """An access token of another issuer with our key."""
    return sign(claims_for(user, **changes))


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _part(value: Any) -> str:
    return _base64((value if isinstance(value, str) else json.dumps(value)).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
