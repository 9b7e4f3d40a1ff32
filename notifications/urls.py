"""Below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from notifications.api.notifications import NotificationViewSet
from notifications.api.preferences import MutedTargetsView, MutedTargetView, PreferencesView
from notifications.api.push import BrowsersView, BrowserView, PushKeyView, push_worker
from notifications.api.unsubscribe import UnsubscribeView

router = SimpleRouter(use_regex_path=False)
router.register("notifications", NotificationViewSet, basename="notification")

urlpatterns = [
    path("notifications/preferences/", PreferencesView.as_view()),
    path("notifications/muted/", MutedTargetsView.as_view()),
    path("notifications/muted/<str:target>/", MutedTargetView.as_view()),
    path("notifications/push/key/", PushKeyView.as_view()),
    path("notifications/push/worker.js", push_worker, name="push-worker"),
    path("notifications/push/browsers/", BrowsersView.as_view()),
    path("notifications/push/browsers/<uuid:pk>/", BrowserView.as_view()),
    path(
        "notifications/unsubscribe/<str:token>/",
        UnsubscribeView.as_view(),
        name="notification-unsubscribe",
    ),
    *router.urls,
]
