"""System checks of the token settings: tokens that carry other claims would open nothing."""

from __future__ import annotations

from typing import Any, Final

from django.core.checks import CheckMessage, Error, Warning, register
from rest_framework_simplejwt import settings as jwt_settings

_CLAIMS: Final = {
    "USER_ID_CLAIM": "sub",
    "JTI_CLAIM": "jti",
    "TOKEN_TYPE_CLAIM": "token_type",
}
_LEAST_KEY_BYTES: Final = 32  # RFC 7518, section 3.2, for HS256


@register("realtime")
def check_tokens(**_: Any) -> list[CheckMessage]:
    """``SIMPLE_JWT`` names the protocol's claims, an issuer, an audience and a key that is long enough."""
    given = jwt_settings.api_settings
    found: list[CheckMessage] = [
        Error(
            f"SIMPLE_JWT[{name!r}] is {getattr(given, name)!r}.",
            hint=f"Write {claim!r}: it is what clients and other issuers send.",
            id="realtime.E012",
        )
        for name, claim in _CLAIMS.items()
        if getattr(given, name) != claim
    ]
    for name in ("ISSUER", "AUDIENCE"):
        if not getattr(given, name):
            hint = "Without it, tokens made for anything else with the same key open this, too."
            found.append(Error(f"SIMPLE_JWT[{name!r}] is not set.", hint=hint, id="realtime.E013"))
    key = given.SIGNING_KEY or ""
    if given.ALGORITHM.startswith("HS") and len(key.encode()) < _LEAST_KEY_BYTES:
        found.append(
            Warning(
                "SIMPLE_JWT['SIGNING_KEY'] is short enough to be guessed from a token.",
                hint=f"Use at least {_LEAST_KEY_BYTES} random bytes.",
                id="realtime.W002",
            )
        )
    return found
