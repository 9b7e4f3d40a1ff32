"""Lists by cursor: ``{"results", "next", "previous"}``."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from rest_framework import exceptions, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")


class ByCursor(CursorPagination):
    """Newest first, unless a subclass orders otherwise. Rows that come or go in between neither repeat nor hide others."""

    ordering: str | tuple[str, ...] = ("-pk",)
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int:
        """What the caller asks for, up to ``max_page_size``.

        Raises:
            ValidationError: it is no positive whole number.
        """
        given = request.query_params.get(self.page_size_query_param)
        if given is None:
            return self.page_size
        if not (given.isascii() and given.isdecimal()) or int(given[:9]) < 1:
            raise exceptions.ValidationError({"page_size": ["Write a whole number from 1 on."]})
        return min(int(given[:9]), self.max_page_size)

    def decode_cursor(self, request: Request) -> Any:
        """The place that a cursor names; DRF takes some that it never gave out for none."""
        given = request.query_params.get(self.cursor_query_param)
        if given is not None and not _BASE64.fullmatch(given):
            raise _invalid_cursor()
        return super().decode_cursor(request)

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except exceptions.ValidationError:
            raise
        except (
            exceptions.NotFound,
            ValidationError,
            ValueError,
            TypeError,
            DataError,
            OverflowError,
        ):
            if self.cursor_query_param not in request.query_params:
                raise exceptions.ValidationError("A value is out of range.") from None
            # The place in a cursor is compared with columns; one that was made up may be no value of theirs.
            raise _invalid_cursor() from None

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] = {"type": "integer", "minimum": 1}
        return parameters


class PageSerializer(serializers.Serializer[Any]):
    """A page of a list by cursor; a subclass says what its ``results`` are."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


def _invalid_cursor() -> exceptions.ValidationError:
    return exceptions.ValidationError({"cursor": ["This is no cursor of this list."]})
