"""How often passwords may be tried: the rate ``login`` of DRF's throttle rates."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import Any

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from realtime.auth.address import client_address


def address_of(request: Request) -> str:
    """The address of whoever sent an HTTP request; empty if unknown."""
    return client_address(
        peer=request.META.get("REMOTE_ADDR", ""),
        forwarded_for=request.META.get("HTTP_X_FORWARDED_FOR", ""),
    )


class LoginThrottle(SimpleRateThrottle):
    """By address and name: one who guesses doesn't lock out the owner, and an office behind one address can sign in."""

    scope = "login"

    def get_rate(self) -> str | None:
        rate: Any = api_settings.DEFAULT_THROTTLE_RATES.get(self.scope)
        return None if rate is None else str(rate)

    def get_cache_key(self, request: Request, view: APIView) -> str:
        who = f"{address_of(request)} {self.name(request)}"
        return f"throttle_login_{sha256(who.encode(errors='replace')).hexdigest()}"

    def name(self, request: Request) -> str:
        """Whose password is tried. Spellings that look alike are one name."""
        given = request.data.get("username") if isinstance(request.data, dict) else None
        return unicodedata.normalize("NFKC", str(given)).casefold().strip()


class PasswordThrottle(LoginThrottle):
    """For a signed-in user who must give the old password again."""

    def name(self, request: Request) -> str:
        return f"user {request.user.pk}"
