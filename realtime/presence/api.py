"""REST: who is online."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from realtime.presence.selectors import online_users_visible_to
from realtime.rest.views import EngineView


class PeerSerializer(serializers.Serializer[object]):
    user_id = serializers.CharField()
    username = serializers.CharField()


class PresenceSerializer(serializers.Serializer[object]):
    results = PeerSerializer(many=True)


class PresenceView(EngineView):
    """Who is online: everyone for staff, for others the people they have to do with."""

    @extend_schema(summary="Who is online", responses=PresenceSerializer)
    def get(self, request: Request) -> Response:
        user: Any = request.user
        peers = online_users_visible_to(user)
        results = [{"user_id": peer.user_id, "username": peer.username} for peer in peers]
        return Response({"results": results})
