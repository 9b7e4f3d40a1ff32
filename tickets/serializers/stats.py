"""Numbers of the desk."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tickets.models import Status


class StatusCountsSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        return {status: serializers.IntegerField(min_value=0) for status in Status.values}


class DashboardSerializer(serializers.Serializer[Any]):
    """All tickets of the desk. ``active`` are those with something left to do; days are UTC."""

    total = serializers.IntegerField(min_value=0)
    active = serializers.IntegerField(min_value=0)
    unassigned = serializers.IntegerField(min_value=0)
    urgent = serializers.IntegerField(min_value=0)
    created_today = serializers.IntegerField(min_value=0)
    resolved_today = serializers.IntegerField(min_value=0)
    by_status = StatusCountsSerializer()


class ReportTotalsSerializer(serializers.Serializer[Any]):
    """``rating`` is the mean score, 1 to 5."""

    active = serializers.IntegerField()
    created = serializers.IntegerField()
    resolved = serializers.IntegerField()
    first_response_seconds = serializers.IntegerField(allow_null=True)
    resolution_seconds = serializers.IntegerField(allow_null=True)
    promises = serializers.IntegerField()
    promises_broken = serializers.IntegerField()
    ratings = serializers.IntegerField()
    rating = serializers.FloatField(allow_null=True)


class ReportDaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    created = serializers.IntegerField()
    resolved = serializers.IntegerField()


class ReportGroupSerializer(serializers.Serializer[Any]):
    """``name`` is a queue's slug or an agent's username."""

    name = serializers.CharField()
    created = serializers.IntegerField()
    resolved = serializers.IntegerField()
    first_response_seconds = serializers.IntegerField(allow_null=True)
    resolution_seconds = serializers.IntegerField(allow_null=True)


class ReportSerializer(serializers.Serializer[Any]):
    """Times are means, in seconds; days are UTC."""

    totals = ReportTotalsSerializer()
    days = ReportDaySerializer(many=True)
    queues = ReportGroupSerializer(many=True)
    agents = ReportGroupSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {
            "from": serializers.DateField(),
            "to": serializers.DateField(),
            **super().get_fields(),
        }
