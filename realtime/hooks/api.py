"""``POST /api/v1/hooks/{secret}/``."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle

from realtime.auth.throttles import UserThrottle
from realtime.errors import InvalidField
from realtime.hooks.posting import post_message
from realtime.rest.views import EngineView


class HookThrottle(SimpleRateThrottle):
    """60 messages a minute through each hook."""

    rate = "60/min"
    scope = "hook"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return f"throttle_hook_{sha256(view.kwargs['secret'].encode()).hexdigest()}"


class HookMessageSerializer(serializers.Serializer[Any]):
    content = serializers.CharField(required=False)
    text = serializers.CharField(required=False, help_text="Another name for content.")
    client_id = serializers.CharField(required=False, max_length=80)


class IncomingHookView(EngineView):
    """Posts a message as the hook's bot. The secret in the path is the credential."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes = [UserThrottle, HookThrottle]  # who tries secrets has but one address

    @extend_schema(request=HookMessageSerializer, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, secret: str) -> Response:
        if not isinstance(request.data, dict):
            raise InvalidField("The body must be a JSON object.")
        receipt = post_message(secret, dict(request.data))
        return Response(receipt.data, status=201)
