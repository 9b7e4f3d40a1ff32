"""JSON Web Tokens: made by simplejwt's classes, read strictly.

What is read here is signed by us or by another issuer with our key, and still not trusted to have sane values: ``exp`` of
``1e308`` makes the stock code raise OverflowError, ``[[[[…`` as a header RecursionError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from django.views.decorators.debug import sensitive_variables
from jwt.exceptions import PyJWTError
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.state import token_backend
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from realtime.errors import InvalidToken
from realtime.models import Login

MAX_TOKEN_CHARS: Final = 4096
MAX_ID_CHARS: Final = 200
LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999: times past it exist in no date type."""

TokenType = Literal["access", "refresh"]


class LoginAccessToken(AccessToken):
    """An access token that belongs to a login."""


class LoginRefreshToken(RefreshToken):
    """A refresh token that belongs to a login; its access tokens carry the same ``sub`` and ``sid``."""

    access_token_class = LoginAccessToken

    @classmethod
    def for_login(cls, login: Login) -> LoginRefreshToken:
        """The refresh token that ``login.refresh_jti`` names, from now on."""
        token = cls()
        token[api_settings.USER_ID_CLAIM] = str(login.user_id)
        token[api_settings.JTI_CLAIM] = login.refresh_jti
        token["sid"] = login.sid
        return token


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a sign-in or a refresh hands out. The texts stay out of its ``repr``, and so out of logs."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


def token_pair(login: Login) -> TokenPair:
    """New tokens of a login; ``login.refresh_jti`` must be stored before they are given away."""
    refresh = LoginRefreshToken.for_login(login)
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a token whose signature, issuer, audience and times are good. Times are unix seconds."""

    sub: str
    jti: str
    sid: str | None
    issued_at: float
    expires_at: float | None
    """Never None in what `read_token` returns."""


# Everything that versions of PyJWT, simplejwt and json raise for hostile texts; nothing here does I/O that could fail otherwise.
_BAD_TOKEN = (
    TokenError,
    TokenBackendError,
    PyJWTError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    OSError,
    RecursionError,
)


@sensitive_variables("raw", "payload")
def read_token(raw: object, *, kind: TokenType) -> Claims:
    """The claims of ``raw``, a token of that kind. Asks no database: whether user and login live is for the caller.

    Raises:
        InvalidToken: it isn't a string of at most 4,096 characters, isn't signed with our key and algorithm for our issuer
            and audience, is of the other kind, has expired, isn't valid yet, or a claim is missing or odd.
    """
    if not isinstance(raw, str) or not 0 < len(raw) <= MAX_TOKEN_CHARS or not raw.isascii():
        raise InvalidToken
    try:
        payload = token_backend.decode(raw)  # type: ignore[arg-type]  # text is what it takes
    except _BAD_TOKEN:
        raise InvalidToken from None
    if payload.get(api_settings.TOKEN_TYPE_CLAIM) != kind:
        raise InvalidToken
    return _claims(payload)


def _claims(payload: Mapping[str, Any]) -> Claims:
    sid = _identifier(payload["sid"]) if "sid" in payload else None
    return Claims(
        sub=_identifier(payload.get(api_settings.USER_ID_CLAIM)),
        jti=_identifier(payload.get(api_settings.JTI_CLAIM)),
        sid=sid,
        issued_at=_moment(payload.get("iat")),
        expires_at=_moment(payload.get("exp")),
    )


def _identifier(value: object) -> str:
    """A printable ASCII string of sensible length: what no database refuses to compare."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID_CHARS:
        raise InvalidToken
    if value.isascii() and value.isprintable():
        return value
    raise InvalidToken


def _moment(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidToken
    if 0 <= value <= LAST_SECOND:  # false for NaN
        return float(value)
    raise InvalidToken
