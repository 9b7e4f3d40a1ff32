"""The settings of test servers: the project's own, but for passwords that cost nothing. People sign in hundreds of times."""

from __future__ import annotations

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A browser's windows follow each other for minutes: what they have loaded they needn't ask for again.
WHITENOISE_MAX_AGE = 3600
