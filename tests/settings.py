"""The desk's settings, for tests: a data directory of its own, cheap passwords, SQLite or (``TEST_DATABASE=postgresql``) PostgreSQL."""

from __future__ import annotations

import os
import tempfile

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="livedesk-tests-")
os.environ["JOBS_EMBEDDED"] = "0"
for _name in ("DATABASE_URL", "REDIS_URL", "DEBUG"):
    os.environ.pop(_name, None)
if os.environ.get("TEST_DATABASE") == "postgresql":
    from tests.support.postgresql import server_url

    os.environ["DATABASE_URL"] = server_url()

from config.settings import *  # noqa: E402, F403

# Tests drop their database at the end; a pool would hold on to it.
DATABASES["default"]["OPTIONS"].pop("pool", None)  # noqa: F405
if os.environ.get("TEST_DATABASE") == "postgresql":
    # Nobody needs the rows after a power failure: a commit doesn't wait for the disk.
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"  # noqa: F405
    # Two runs on one server must not drop each other's database.
    DATABASES["default"]["TEST"] = {"NAME": f"test_livedesk_{os.getpid()}"}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
INSTALLED_APPS = [*INSTALLED_APPS, "realtime.tests.capture"]  # noqa: F405
# Each test client builds the middleware anew: static files are looked up when one is asked for, and not listed each time.
WHITENOISE_AUTOREFRESH = True
