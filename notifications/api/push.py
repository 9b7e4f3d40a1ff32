"""Browsers that take pushes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifications import services
from notifications.models import PushSubscription
from notifications.pagination import NewestFirst
from notifications.serializers import BrowserSerializer, PushKeySerializer
from notifications.transports.push import public_key
from realtime.rest.errors import read_only
from realtime.rest.parsers import JSONParser

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class BrowsersView(generics.ListCreateAPIView[PushSubscription]):
    """The browsers that take pushes for the caller."""

    permission_classes = [IsAuthenticated]
    parser_classes = [JSONParser]
    serializer_class = BrowserSerializer
    pagination_class = NewestFirst
    filter_backends: list[Any] = []
    queryset = PushSubscription.objects.none()

    def get_queryset(self) -> QuerySet[PushSubscription]:
        return PushSubscription.objects.filter(user=cast("User", self.request.user))

    @extend_schema(
        summary="Register a browser (the body is its PushSubscription)",
        responses={201: BrowserSerializer, 200: BrowserSerializer},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        row, created = services.subscribe_browser(
            user=cast("User", request.user),
            endpoint=given.validated_data["endpoint"],
            user_agent=request.headers.get("User-Agent", ""),
            **given.validated_data["keys"],
        )
        return Response(self.get_serializer(row).data, status=201 if created else 200)


class BrowserView(generics.DestroyAPIView[PushSubscription]):
    """One browser of the caller's."""

    permission_classes = [IsAuthenticated]
    serializer_class = BrowserSerializer
    queryset = PushSubscription.objects.none()

    def get_queryset(self) -> QuerySet[PushSubscription]:
        return PushSubscription.objects.filter(user=cast("User", self.request.user))


class PushKeyView(APIView):
    """The key that browsers subscribe with."""

    permission_classes = [IsAuthenticated]
    serializer_class = PushKeySerializer

    @extend_schema(summary="applicationServerKey for browsers", responses=PushKeySerializer)
    def get(self, request: Request) -> Response:
        return Response({"public_key": public_key()})


@read_only
def push_worker(request: HttpRequest) -> HttpResponse:
    """The service worker that shows pushes. It may serve the whole origin, although it doesn't lie at its root."""
    response = HttpResponse(_worker_text(), content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    response["Cache-Control"] = "no-cache"
    return response


@lru_cache(maxsize=1)
def _worker_text() -> str:
    path = Path(__file__).resolve().parent.parent / "static/notifications/push-worker.js"
    return path.read_text(encoding="utf-8")
