"""Which password a login was made with."""

from __future__ import annotations

from hashlib import sha256

from django.contrib.auth.base_user import AbstractBaseUser


def password_mark(user: AbstractBaseUser) -> str:
    """A hash of the user's stored password hash: another password has another mark. 64 hex digits."""
    return sha256(user.password.encode()).hexdigest()
