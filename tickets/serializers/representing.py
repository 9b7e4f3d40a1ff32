"""Rows as data, by serializers that are set up once: DRF copies all fields for each serializer made, which costs more than the
rest of a small answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from rest_framework.serializers import Serializer


@cache
def shown_by(serializer_class: type[Serializer[Any]]) -> Callable[[Any], dict[str, Any]]:
    """A function from a row to what the serializer shows of it. For serializers that need no context."""
    serializer = serializer_class()

    def shown(row: Any) -> dict[str, Any]:
        return dict(serializer.to_representation(row))

    return shown
