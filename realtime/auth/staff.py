"""Who is staff."""

from __future__ import annotations

from typing import Any


def is_staff(user: Any) -> bool:
    """A project's own user model may know no staff."""
    return bool(getattr(user, "is_staff", False))
