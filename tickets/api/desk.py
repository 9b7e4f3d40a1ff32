"""REST of what makes agents' work lighter: prepared texts, saved searches, tags."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar
from uuid import UUID

import django_filters
from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from realtime.errors import InvalidField
from tickets.api.lookup import user_of, visible_ticket
from tickets.errors import NotYours
from tickets.models import CannedReply, SavedFilter, Tag
from tickets.pagination import ByName
from tickets.selectors.access import is_agent, queues_of
from tickets.selectors.desk import (
    canned_replies_of,
    may_change_filter,
    may_change_reply,
    saved_filters_of,
)
from tickets.serializers.desk import (
    CannedReplySerializer,
    RenderedReplySerializer,
    SavedFilterSerializer,
    TagSerializer,
)

Row = TypeVar("Row", bound=Model)


class IsAgent(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return is_agent(request.user)


class AgentsRowsViewSet(viewsets.ModelViewSet[Row], ABC):
    """Rows that agents make for themselves and show to others; only whose they are changes them."""

    permission_classes = [IsAuthenticated, IsAgent]
    pagination_class = ByName
    filter_backends = []
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    lookup_value_converter = "int"

    @abstractmethod
    def is_own(self, row: Any) -> bool:
        """Whether the row is the caller's to change."""

    def check(self, serializer: Any) -> None:
        """Raises what is wrong with the values given, beyond their form."""

    def perform_update(self, serializer: BaseSerializer[Row]) -> None:
        self._require_own(serializer.instance)
        self.check(serializer)
        serializer.save()

    def perform_destroy(self, instance: Row) -> None:
        self._require_own(instance)
        instance.delete()

    def _require_own(self, row: Any) -> None:
        if not self.is_own(row):
            raise NotYours


@extend_schema_view(
    list=extend_schema(summary="The prepared texts of one's queues"),
    retrieve=extend_schema(summary="One prepared text"),
    create=extend_schema(summary="Prepare a text"),
    partial_update=extend_schema(summary="Change a text that one prepared"),
    destroy=extend_schema(summary="Delete a text that one prepared"),
)
class CannedReplyViewSet(AgentsRowsViewSet[CannedReply]):
    """For agents. Whoever made one, and superusers, change it."""

    serializer_class = CannedReplySerializer
    queryset = CannedReply.objects.none()

    def get_queryset(self) -> QuerySet[CannedReply]:
        return canned_replies_of(user_of(self.request)).select_related("queue")

    def perform_create(self, serializer: BaseSerializer[CannedReply]) -> None:
        self.check(serializer)
        serializer.save(created_by=self.request.user)

    def is_own(self, row: CannedReply) -> bool:
        return may_change_reply(user_of(self.request), row)

    def check(self, serializer: Any) -> None:
        queue = serializer.validated_data.get("queue")
        if queue and not queues_of(user_of(self.request)).filter(pk=queue.pk).exists():
            raise InvalidField("This queue isn't yours.", field="queue")

    @extend_schema(
        summary="The text, filled in for a ticket",
        parameters=[OpenApiParameter("ticket", UUID, required=True)],
        responses=RenderedReplySerializer,
    )
    @action(detail=True, methods=["get"])
    def render(self, request: Request, pk: int) -> Response:
        row = self.get_object()
        try:
            ticket_id = UUID(request.query_params.get("ticket", ""))
        except ValueError:
            raise InvalidField("ticket must be the id of a ticket.", field="ticket") from None
        ticket = visible_ticket(request, ticket_id)
        values = {
            "customer": _name(ticket.requester),
            "agent": _name(request.user),
            "number": str(ticket.number),
            "subject": ticket.subject,
        }
        return Response({"content": fill_in(row.content, values)})


def fill_in(text: str, values: dict[str, str]) -> str:
    """Puts values for ``{name}``; braces around anything else stay."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _name(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user is not None else ""


@extend_schema_view(
    list=extend_schema(summary="One's saved searches and those that are shared"),
    retrieve=extend_schema(summary="One saved search"),
    create=extend_schema(summary="Save a search"),
    partial_update=extend_schema(summary="Change an own saved search"),
    destroy=extend_schema(summary="Delete an own saved search"),
)
class SavedFilterViewSet(AgentsRowsViewSet[SavedFilter]):
    """For agents."""

    serializer_class = SavedFilterSerializer
    queryset = SavedFilter.objects.none()

    def get_queryset(self) -> QuerySet[SavedFilter]:
        return saved_filters_of(user_of(self.request))

    def perform_create(self, serializer: BaseSerializer[SavedFilter]) -> None:
        serializer.save(owner=self.request.user)

    def is_own(self, row: SavedFilter) -> bool:
        return may_change_filter(user_of(self.request), row)


class TagFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no type information
    starts_with = django_filters.CharFilter(field_name="name", lookup_expr="istartswith")

    class Meta:
        model = Tag
        fields: list[str] = []


@extend_schema_view(list=extend_schema(summary="The tags there are"))
class TagViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Tag]):
    """For agents. Tags are made by using them."""

    permission_classes = [IsAuthenticated, IsAgent]
    serializer_class = TagSerializer
    pagination_class = ByName
    filterset_class = TagFilter
    queryset = Tag.objects.all()
