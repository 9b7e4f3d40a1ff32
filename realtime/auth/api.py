"""REST paths under ``auth/``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import authenticate
from django.db import transaction
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from realtime.auth import logins, serializers
from realtime.auth.credentials import Identity, issue_ticket
from realtime.auth.rest import NotAuthentic, TokenAuthentication
from realtime.auth.throttles import LoginThrottle, PasswordThrottle, address_of
from realtime.auth.tokens import TokenPair
from realtime.conf import config
from realtime.errors import InvalidToken
from realtime.rest.views import EngineView

_NOTHING = OpenApiResponse(description="Done.")
_REFUSED = OpenApiResponse(description="The credentials are wrong or no longer valid.")


# Ending a login must outlive the 401 that tells about it, so no transaction may span the request.
@method_decorator([never_cache, transaction.non_atomic_requests], name="dispatch")
class AuthView(EngineView):
    """Needs no access token, and ignores one: an old token in a header mustn't keep anybody from signing in."""

    authentication_classes: Sequence[type[BaseAuthentication]] = ()
    permission_classes: Sequence[type[BasePermission]] = (AllowAny,)

    def valid(self, serializer: Serializer[Any]) -> dict[str, Any]:
        serializer.is_valid(raise_exception=True)
        data: dict[str, Any] = serializer.validated_data
        return data

    def get_authenticate_header(self, request: Request) -> str:
        return NotAuthentic.auth_header

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, InvalidToken):
            exc = NotAuthentic.because_of(exc)
        return super().handle_exception(exc)


class SignedInView(AuthView):
    """Needs an access token."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    @property
    def identity(self) -> Identity:
        identity: Any = self.request.auth
        assert isinstance(identity, Identity)
        return identity


def _tokens(pair: TokenPair) -> Response:
    return Response({"access": pair.access, "refresh": pair.refresh})


class TokenView(AuthView):
    throttle_classes = (LoginThrottle,)

    @extend_schema(
        operation_id="auth_token",
        request=serializers.SignIn,
        responses={200: serializers.Tokens, 401: _REFUSED},
    )
    @method_decorator(sensitive_variables("given"))
    def post(self, request: Request) -> Response:
        """Signs in."""
        given = self.valid(serializers.SignIn(data=request.data))
        user = authenticate(
            request._request, username=given["username"], password=given["password"]
        )
        if user is None:
            raise NotAuthentic("The user name or the password is wrong.", "unauthorized")
        device = logins.Device(
            user_agent=request.META.get("HTTP_USER_AGENT", ""), address=address_of(request)
        )
        return _tokens(logins.start_login(user=user, device=device))


class RefreshView(AuthView):
    @extend_schema(
        operation_id="auth_token_refresh",
        request=serializers.Refresh,
        responses={200: serializers.Tokens, 401: _REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Exchanges a refresh token, which dies by that, for new tokens. Using it again ends the login."""
        given = self.valid(serializers.Refresh(data=request.data))
        return _tokens(logins.refresh_login(given["refresh"]))


class VerifyView(AuthView):
    @extend_schema(
        operation_id="auth_token_verify",
        request=serializers.Verify,
        responses={200: OpenApiResponse(description="The token is good."), 401: _REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Says whether a token, access or refresh, is good."""
        raw = self.valid(serializers.Verify(data=request.data))["token"]
        logins.check_token(raw)
        return Response({})


class LogoutView(AuthView):
    @extend_schema(
        operation_id="auth_logout",
        request=serializers.LogOut,
        responses={204: _NOTHING, 401: _REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Ends this login, or with ``all`` every login of its user."""
        given = self.valid(serializers.LogOut(data=request.data))
        logins.log_out(given["refresh"], everywhere=given["all"])
        return Response(status=204)


class PasswordChangeView(SignedInView):
    throttle_classes = (PasswordThrottle,)

    @extend_schema(
        operation_id="auth_password_change",
        request=serializers.PasswordChange,
        responses={204: _NOTHING, 401: _REFUSED},
    )
    @method_decorator(sensitive_variables("given"))
    def post(self, request: Request) -> Response:
        """Changes the password and ends all logins."""
        body = serializers.PasswordChange(data=request.data, context={"user": request.user})
        given = self.valid(body)
        logins.change_password(user=self.identity.user, new_password=given["new_password"])
        return Response(status=204)


class SocketTicketView(SignedInView):
    @extend_schema(operation_id="auth_ws_ticket", request=None, responses={200: serializers.Ticket})
    def post(self, request: Request) -> Response:
        """A ticket that opens one socket, once, as the caller."""
        seconds = int(config().socket_ticket_seconds)
        return Response({"ticket": issue_ticket(self.identity), "expires_in": seconds})


class MeView(SignedInView):
    @extend_schema(operation_id="auth_me", responses={200: serializers.Me})
    def get(self, request: Request) -> Response:
        """The caller."""
        return Response(serializers.Me(request.user).data)
