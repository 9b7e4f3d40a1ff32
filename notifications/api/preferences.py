"""How one wants to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from notifications import services
from notifications.models import MutedTarget
from notifications.pagination import NewestFirst
from notifications.selectors import settings_of
from notifications.serializers import (
    MutedTargetSerializer,
    PreferencesSerializer,
    SettingsSerializer,
)
from realtime.rest.parsers import JSONParser

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class PreferencesView(APIView):
    """The matrix of kinds and channels, and one's times."""

    permission_classes = [IsAuthenticated]
    parser_classes = [JSONParser]
    serializer_class = PreferencesSerializer

    @extend_schema(summary="How one wants to be told", responses=PreferencesSerializer)
    def get(self, request: Request) -> Response:
        return Response(PreferencesSerializer.of(request.user))

    @extend_schema(
        summary="Change it: what is absent stays",
        request=PreferencesSerializer,
        responses=PreferencesSerializer,
    )
    def patch(self, request: Request) -> Response:
        user = cast("User", request.user)
        given = PreferencesSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.set_preferences(
            user=user,
            kinds={row["kind"]: row["channels"] for row in given.validated_data.get("kinds", [])},
            settings=_settings(user, request.data) if "settings" in given.validated_data else None,
        )
        return Response(PreferencesSerializer.of(user))


def _settings(user: User, data: Any) -> dict[str, Any]:
    """The settings given, checked together with those that stay."""
    given = SettingsSerializer(settings_of(user), data=data["settings"], partial=True)
    given.is_valid(raise_exception=True)
    changes = dict(given.validated_data)
    if (stopped := changes.pop("emails_stopped", None)) is not None:
        changes["emails_stopped_at"] = timezone.now() if stopped else None
    return changes


class MutedTargetsView(generics.ListCreateAPIView[MutedTarget]):
    """What one doesn't want to hear of."""

    permission_classes = [IsAuthenticated]
    parser_classes = [JSONParser]
    serializer_class = MutedTargetSerializer
    pagination_class = NewestFirst
    filter_backends: list[Any] = []
    queryset = MutedTarget.objects.none()

    def get_queryset(self) -> QuerySet[MutedTarget]:
        return MutedTarget.objects.filter(user=cast("User", self.request.user))

    def perform_create(self, serializer: BaseSerializer[MutedTarget]) -> None:
        serializer.instance = services.mute_target(
            user=cast("User", self.request.user), **serializer.validated_data
        )


class MutedTargetView(APIView):
    """One muted thing."""

    permission_classes = [IsAuthenticated]

    @extend_schema(summary="Hear of it again", request=None, responses={204: None})
    def delete(self, request: Request, target: str) -> Response:
        # PostgreSQL takes no text with a NUL character, not even to compare with it.
        if "\x00" in target or not services.unmute_target(
            user=cast("User", request.user), target=target
        ):
            raise Http404
        return Response(status=204)
