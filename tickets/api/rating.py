"""REST of ratings."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tickets import services
from tickets.api.lookup import checked, user_of, visible_ticket
from tickets.errors import NotFound
from tickets.models import Rating
from tickets.selectors.access import user_works_on
from tickets.serializers.desk import RatingSerializer


class RatingView(APIView):
    """Given by the requester once the ticket is solved; seen by them and by its agents."""

    permission_classes = [IsAuthenticated]

    @extend_schema(summary="How it was", responses=RatingSerializer)
    def get(self, request: Request, ticket_id: UUID) -> Response:
        ticket, user = visible_ticket(request, ticket_id), user_of(request)
        row = Rating.objects.filter(ticket=ticket).first()
        if row is None or (row.rated_by_id != user.pk and not user_works_on(user, ticket)):
            raise NotFound
        return Response(RatingSerializer(row).data)

    @extend_schema(summary="Say how it was", request=RatingSerializer, responses=RatingSerializer)
    def put(self, request: Request, ticket_id: UUID) -> Response:
        ticket = visible_ticket(request, ticket_id)
        given = checked(RatingSerializer, request)
        row = services.rate_ticket(ticket=ticket, actor=user_of(request), **given)
        return Response(RatingSerializer(row).data)
