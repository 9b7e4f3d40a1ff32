"""REST: a user's own flags."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import realtime
from examples.flags.evaluating import flags_of


class FlagsSerializer(serializers.Serializer[object]):
    flags = serializers.DictField(child=serializers.BooleanField())
    seq = serializers.IntegerField()
    epoch = serializers.CharField()


class FlagsView(APIView):
    """The snapshot that a page starts with, and loads anew when it comes back."""

    @extend_schema(summary="Your feature flags", responses=FlagsSerializer)
    def get(self, request: Request) -> Response:
        with realtime.snapshot() as view:
            place = view.position(f"flags:{request.user.pk}")
            return Response({"flags": flags_of(request.user), **place})
