from __future__ import annotations

from examples.gifting.api import router

urlpatterns = router.urls
