from __future__ import annotations

from examples.projects.api import router

urlpatterns = router.urls
