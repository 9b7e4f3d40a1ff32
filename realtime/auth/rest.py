"""Access tokens on REST: ``Authorization: Bearer <JWT>``."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from realtime.auth.credentials import Identity, identify_token
from realtime.errors import InvalidToken, RealtimeError


class NotAuthentic(APIException):
    """401. Unlike DRF's own it stays a 401 on paths that ask for no authentication, such as signing in."""

    status_code = 401
    default_code = InvalidToken.code
    default_detail = InvalidToken.text
    auth_header = 'Bearer realm="api"'

    @classmethod
    def because_of(cls, error: RealtimeError) -> NotAuthentic:
        return cls(str(error), error.code)


class TokenAuthentication(BaseAuthentication):
    """Sets ``request.user`` and, as ``request.auth``, the `Identity`."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Identity] | None:
        """Who asks; None where no bearer token is given.

        Raises:
            NotAuthentic: the token is bad.
        """
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            identity = identify_token(token.strip())
        except InvalidToken as error:
            raise NotAuthentic.because_of(error) from None
        return identity.user, identity

    def authenticate_header(self, request: Request) -> str:
        return NotAuthentic.auth_header
