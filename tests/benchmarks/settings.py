"""The desk's settings, for servers under measurement: no limits by user, no background work; the stock consumers' layer."""

from __future__ import annotations

import os

os.environ.setdefault("JOBS_EMBEDDED", "0")

from config.settings import *  # noqa: F403

REALTIME = {
    **REALTIME,  # noqa: F405
    "max_connections_per_user": 100_000,
    "messages_per_second": 1_000_000.0,
    "messages_burst": 1_000_000,
}
INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmarks"]  # noqa: F405
if os.environ.get("BENCH_LAYER") == "core":
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
        }
    }
if not os.environ.get("DATABASE_URL"):
    # Django's default is to connect anew for each look-up, which would be most of what a stock consumer's connect costs.
    DATABASES["default"]["CONN_MAX_AGE"] = None  # noqa: F405
