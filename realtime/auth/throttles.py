"""How often passwords may be tried (the rate ``login`` of DRF's throttle rates) and requests be made (``user``)."""

from __future__ import annotations

import threading
import unicodedata
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle

from realtime.auth.address import client_address, network_of

if TYPE_CHECKING:
    # It asks for the classes here while it is imported itself.
    from rest_framework.views import APIView


def address_of(request: Request | HttpRequest) -> str:
    """The address of whoever sent an HTTP request; empty if unknown."""
    return client_address(
        peer=request.META.get("REMOTE_ADDR", ""),
        forwarded_for=request.META.get("HTTP_X_FORWARDED_FOR", ""),
    )


class UserThrottle(UserRateThrottle):
    """By user; by address where nobody is signed in, for which DRF would take any ``X-Forwarded-For``."""

    def get_rate(self) -> str | None:
        return _rate_of(self.scope)

    def get_ident(self, request: Request) -> str:
        return network_of(address_of(request))


_one_at_a_time: Final = threading.Lock()


class LoginThrottle(SimpleRateThrottle):
    """By address and name: one who guesses doesn't lock out the owner, and an office behind one address can sign in."""

    scope = "login"

    def get_rate(self) -> str | None:
        return _rate_of(self.scope)

    def allow_request(self, request: Any, view: Any) -> bool:
        # What is read is written back: of many that come at once, each must see the others.
        with _one_at_a_time:
            return bool(super().allow_request(request, view))

    def get_cache_key(self, request: Request, view: APIView) -> str:
        who = f"{network_of(address_of(request))} {self.name(request)}"
        return f"throttle_login_{sha256(who.encode(errors='replace')).hexdigest()}"

    def name(self, request: Request) -> str:
        """Whose password is tried."""
        return _spelled(request.data.get("username") if isinstance(request.data, dict) else None)


class FormThrottle(LoginThrottle):
    """For a form: its attempts and those over REST are counted together."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def name(self, request: Any) -> str:
        return _spelled(self._name)


class PasswordThrottle(LoginThrottle):
    """For a signed-in user who must give the old password again."""

    def name(self, request: Request) -> str:
        return f"user {request.user.pk}"


def _spelled(name: object) -> str:
    """Spellings that look alike are one name."""
    return unicodedata.normalize("NFKC", str(name)).casefold().strip()


def _rate_of(scope: str | None) -> str | None:
    """None, no limit, in a project that sets no such rate."""
    rate: Any = api_settings.DEFAULT_THROTTLE_RATES.get(scope or "")
    return None if rate is None else str(rate)
