"""REST of the desk's numbers."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from realtime.errors import InvalidField
from tickets.api.desk import IsAgent
from tickets.api.lookup import user_of
from tickets.models import Ticket
from tickets.selectors.access import queues_of
from tickets.selectors.report import report
from tickets.selectors.stats import dashboard_stats
from tickets.serializers.stats import DashboardSerializer, ReportSerializer


class DashboardView(APIView):
    """For agents; live as ``dashboard.update`` on ``/ws``, for the staff."""

    permission_classes = [IsAuthenticated, IsAgent]

    @extend_schema(summary="The desk in a few numbers", responses=DashboardSerializer)
    def get(self, request: Request) -> Response:
        return Response(dashboard_stats())


class ReportView(APIView):
    """For agents, about the queues that they work on."""

    permission_classes = [IsAuthenticated, IsAgent]

    @extend_schema(
        summary="How the desk did, by day, queue and agent",
        parameters=[
            OpenApiParameter("from", date, description="The first day; 30 days ago unless given"),
            OpenApiParameter("to", date, description="The last day; today unless given"),
            OpenApiParameter("queue", str, description="Only this one (a slug)"),
        ],
        responses=ReportSerializer,
    )
    def get(self, request: Request) -> Response:
        today = timezone.now().date()
        end = _day(request, "to", today)
        start = _day(request, "from", end - timedelta(days=30))
        if start > end:
            raise InvalidField("from must not be later than to.", field="from")
        if end - start > timedelta(days=366):
            raise InvalidField("from must be at most 366 days before to.", field="from")
        queues = queues_of(user_of(request))
        if (slug := request.query_params.get("queue")) is not None:
            queues = queues.filter(slug=slug.replace("\x00", ""))
            if not queues.exists():
                raise InvalidField("There is no such queue of yours.", field="queue")
        return Response(report(Ticket.objects.filter(queue__in=queues), start, end))


def _day(request: Request, name: str, default: date) -> date:
    given = request.query_params.get(name)
    if given is None:
        return default
    try:
        found = date.fromisoformat(given)
    except ValueError:
        raise InvalidField(f"{name} must be a day such as 2026-01-31.", field=name) from None
    if not 1970 <= found.year <= 2999:
        raise InvalidField(f"{name} is too far away.", field=name)
    return found
