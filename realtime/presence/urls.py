"""Paths under ``/api/v1/presence/``."""

from __future__ import annotations

from django.urls import path

from realtime.presence import api

urlpatterns = [path("", api.PresenceView.as_view(), name="presence")]
