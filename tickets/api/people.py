"""REST of who takes part."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tickets import services
from tickets.api.desk import IsAgent
from tickets.api.lookup import checked, user_of, user_with_id, visible_ticket
from tickets.errors import NotFound
from tickets.pagination import OldestFirst
from tickets.selectors.people import agents, users
from tickets.serializers.people import (
    NewParticipantSerializer,
    ParticipantPageSerializer,
    ParticipantSerializer,
    UserSerializer,
)


class ParticipantsView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(summary="Who takes part", responses=ParticipantPageSerializer)
    def get(self, request: Request, ticket_id: UUID) -> Response:
        rows = visible_ticket(request, ticket_id).participants.select_related("user")
        paginator = OldestFirst()
        page = paginator.paginate_queryset(rows, request) or []
        return paginator.get_paginated_response(list(ParticipantSerializer(page, many=True).data))

    @extend_schema(
        summary="Let somebody take part",
        request=NewParticipantSerializer,
        responses={201: ParticipantSerializer, 200: ParticipantSerializer},
    )
    def post(self, request: Request, ticket_id: UUID) -> Response:
        ticket = visible_ticket(request, ticket_id)
        given = checked(NewParticipantSerializer, request)
        given["user"] = user_with_id(given["user"], "user")
        row, created = services.add_participant(ticket=ticket, actor=user_of(request), **given)
        return Response(ParticipantSerializer(row).data, status=201 if created else 200)


class ParticipantView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(summary="End somebody's part", responses={204: None})
    def delete(self, request: Request, ticket_id: UUID, user_id: int) -> Response:
        ticket = visible_ticket(request, ticket_id)
        user = users().filter(pk=user_id).first() if user_id < 2**63 else None
        if user is None:
            raise NotFound
        services.remove_participant(ticket=ticket, actor=user_of(request), user=user)
        return Response(status=204)


@extend_schema_view(get=extend_schema(summary="Those to whom a ticket can be given"))
class AgentsView(generics.ListAPIView[Any]):
    """For agents: whom they may assign."""

    permission_classes = [IsAuthenticated, IsAgent]
    serializer_class = UserSerializer
    pagination_class = OldestFirst
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[Any]:
        return agents()
