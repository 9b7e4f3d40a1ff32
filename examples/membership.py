"""REST of rows that belong to groups: one sees those of the groups one is a member of, and nothing of the others."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import permissions, serializers, viewsets


class MemberViewSet(viewsets.ModelViewSet[Any]):
    """A model's rows, as far as the caller is a member. Subclasses name the path to the members.

    A row of others is 404, and a row can't be moved to others: the fields of the serializer offer only one's own.
    """

    permission_classes = [permissions.IsAuthenticated]
    model: Any
    members: str

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model.objects.order_by("pk")
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows.filter(**{self.members: self.request.user})


def own(relation: str) -> Any:
    """A validator for a foreign key: the row must be one that the caller is a member of.

    ``relation`` is the path from the row to its members.
    """

    class OwnField(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
        def get_queryset(self) -> Any:
            queryset = super().get_queryset()
            request = self.context.get("request")
            if request is None or queryset is None:
                return queryset
            return queryset.filter(**{relation: request.user})

    return OwnField
