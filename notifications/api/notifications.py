"""REST of one's own notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

import realtime
from notifications import services
from notifications.api.filters import YesNoFilter
from notifications.models import Notification
from notifications.pagination import LastGrownFirst
from notifications.selectors import counts_of, notifications_of, user_topic
from notifications.serializers import (
    CountsSerializer,
    NotificationPageSerializer,
    NotificationSerializer,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class NotificationFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no type information
    """``?unread=true`` leaves out what was read; ``event``, ``type`` and ``target`` narrow further."""

    unread = YesNoFilter(field_name="read_at", lookup_expr="isnull")
    event = django_filters.CharFilter(field_name="kind")
    type = django_filters.CharFilter(field_name="level")
    target = django_filters.CharFilter(field_name="target")

    class Meta:
        model = Notification
        fields: list[str] = []


@extend_schema_view(
    retrieve=extend_schema(summary="One notification"),
)
class NotificationViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Notification]
):
    """The caller's own notifications. Another user's look like none."""

    permission_classes = [IsAuthenticated]
    serializer_class = NotificationSerializer
    pagination_class = LastGrownFirst
    filter_backends = [django_filters.rest_framework.DjangoFilterBackend]
    filterset_class = NotificationFilter
    lookup_value_converter = "uuid"
    queryset = Notification.objects.none()

    def get_queryset(self) -> QuerySet[Notification]:
        return notifications_of(self._user)

    @property
    def _user(self) -> User:
        return cast("User", self.request.user)

    @extend_schema(
        summary="One's notifications, newest first: a snapshot",
        responses=NotificationPageSerializer,
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with realtime.snapshot() as view:
            response = super().list(request, *args, **kwargs)
            response.data["counts"] = counts_of(self._user.pk)
            response.data.update(view.position(user_topic(self._user.pk)))
        return response

    @extend_schema(summary="Mark one read", request=None, responses=CountsSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        return Response(services.mark_read(notification=self.get_object()))

    @extend_schema(summary="Mark one unread again", request=None, responses=CountsSerializer)
    @action(detail=True, methods=["post"])
    def unread(self, request: Request, pk: str) -> Response:
        return Response(services.mark_unread(notification=self.get_object()))

    @extend_schema(summary="Take one off the list", request=None, responses=CountsSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str) -> Response:
        return Response(services.archive_notification(notification=self.get_object()))

    @extend_schema(
        summary="Mark all read",
        request=None,
        parameters=[OpenApiParameter("target", str, description="Only those about this")],
        responses=CountsSerializer,
        filters=False,
    )
    @action(detail=False, methods=["post"], url_path="mark-all-read", pagination_class=None)
    def mark_all_read(self, request: Request) -> Response:
        target = request.query_params.get("target")
        if target:
            return Response(services.mark_target_read(user=self._user, target=target))
        return Response(services.mark_all_read(user=self._user))

    @extend_schema(summary="Mark all seen", request=None, responses=CountsSerializer, filters=False)
    @action(detail=False, methods=["post"], url_path="mark-all-seen", pagination_class=None)
    def mark_all_seen(self, request: Request) -> Response:
        return Response(services.mark_all_seen(user=self._user))

    @extend_schema(summary="One's counters", responses=CountsSerializer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def counts(self, request: Request) -> Response:
        return Response(counts_of(self._user.pk))
