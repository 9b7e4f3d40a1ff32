"""Paths at the root: ``/healthz`` and its sisters, ``/metrics``."""

from __future__ import annotations

from django.urls import path

from realtime.monitoring import views

urlpatterns = [
    path("healthz", views.health, name="health"),
    path("healthz/redis", views.redis_health, name="health-redis"),
    path("healthz/websocket", views.socket_health, name="health-websocket"),
    path("metrics", views.metrics_page, name="metrics"),
]
