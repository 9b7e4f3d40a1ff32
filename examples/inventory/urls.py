from __future__ import annotations

from examples.inventory.api import router

urlpatterns = router.urls
