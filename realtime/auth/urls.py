"""Paths under ``/api/v1/auth/``."""

from __future__ import annotations

from django.urls import path

from realtime.auth import api, schema  # noqa: F401  schema describes the bearer tokens

urlpatterns = [
    path("token/", api.TokenView.as_view(), name="auth-token"),
    path("token/refresh/", api.RefreshView.as_view(), name="auth-token-refresh"),
    path("token/verify/", api.VerifyView.as_view(), name="auth-token-verify"),
    path("logout/", api.LogoutView.as_view(), name="auth-logout"),
    path("password/change/", api.PasswordChangeView.as_view(), name="auth-password-change"),
    path("ws-ticket/", api.SocketTicketView.as_view(), name="auth-ws-ticket"),
    path("me/", api.MeView.as_view(), name="auth-me"),
]
