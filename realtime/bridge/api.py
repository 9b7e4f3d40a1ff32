"""``POST /api/v1/realtime/publish/``: one publication, or a list of them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle

from realtime.auth.rest import NotAuthentic
from realtime.bridge.publishing import find_key, publish
from realtime.errors import InvalidField, Unauthorized
from realtime.models import ServiceKey
from realtime.rest.views import EngineView

MOST_IN_A_BATCH = 100


class ServiceIdentity:
    """``request.user`` of a service: no account, and so no rights anywhere else."""

    is_authenticated = True
    is_staff = False
    pk = None

    def __init__(self, key: ServiceKey) -> None:
        self.key = key


class NoSuchKey(NotAuthentic):
    auth_header = "Api-Key"


class ServiceKeyAuthentication(BaseAuthentication):
    """``Authorization: Api-Key <key>``."""

    def authenticate(self, request: Request) -> tuple[ServiceIdentity, ServiceKey] | None:
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "api-key":
            return None
        try:
            key = find_key(text.strip())
        except Unauthorized as error:
            raise NoSuchKey.because_of(error) from None
        return ServiceIdentity(key), key

    def authenticate_header(self, request: Request) -> str:
        return NoSuchKey.auth_header


class IsService(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, ServiceKey)


class ServiceThrottle(SimpleRateThrottle):
    """6,000 calls a minute for each key."""

    rate = "6000/min"
    scope = "publish"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return f"throttle_publish_{request.auth.pk}" if request.auth else None


class PublicationSerializer(serializers.Serializer[Any]):
    to = serializers.DictField(help_text='{"user"|"users"|"room"|"staff"|"all": …}')
    type = serializers.CharField(max_length=80)
    data = serializers.JSONField(default=dict)  # type: ignore[assignment]  # the field hides DRF's property, as meant
    durable = serializers.BooleanField(
        default=False,
        help_text="Stored, numbered and replayed. What isn't reaches other processes through Redis only.",
    )
    idempotency_key = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Published once for each key, which is kept for a day at least. Blank: none.",
    )


class AcceptedSerializer(serializers.Serializer[Any]):
    accepted = serializers.IntegerField(help_text="How many were sent.")
    repeated = serializers.IntegerField(help_text="How many had been sent before.")


class PublishView(EngineView):
    """Publishes for another service."""

    authentication_classes = [ServiceKeyAuthentication]
    permission_classes = [IsService]
    throttle_classes = [ServiceThrottle]

    @extend_schema(request=PublicationSerializer, responses={202: AcceptedSerializer})
    def post(self, request: Request) -> Response:
        batch = request.data if isinstance(request.data, list) else [request.data]
        if not 0 < len(batch) <= MOST_IN_A_BATCH:
            raise InvalidField(f"A batch has 1 to {MOST_IN_A_BATCH} publications.")
        if not all(isinstance(body, dict) for body in batch):
            raise InvalidField("A publication must be a JSON object.")
        key: Any = request.auth
        with transaction.atomic():
            sent = [publish(key, body) for body in batch]
        return Response({"accepted": sum(sent), "repeated": len(sent) - sum(sent)}, status=202)
