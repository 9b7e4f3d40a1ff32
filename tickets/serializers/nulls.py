"""Fields that are optional, sent as null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was given: many clients send null for what they have no value for."""
    return {name: value for name, value in values.items() if value is not None}
