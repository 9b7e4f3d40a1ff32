from __future__ import annotations

from django.urls import path

from examples.flags.api import FlagsView

urlpatterns = [path("flags/", FlagsView.as_view(), name="flags")]
