"""REST of all example apps, below /api/v1/examples/."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("examples.projects.urls")),
    path("", include("examples.gifting.urls")),
    path("", include("examples.inventory.urls")),
    path("", include("examples.flags.urls")),
]
