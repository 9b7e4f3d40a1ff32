"""REST of a ticket's audit."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tickets.api.lookup import user_of, visible_ticket
from tickets.errors import AgentsOnly
from tickets.models import TicketEvent
from tickets.pagination import NewestFirst
from tickets.selectors.access import user_works_on
from tickets.selectors.naming import names_in
from tickets.serializers.audit import TicketEventPageSerializer, TicketEventSerializer


class TicketEventsView(APIView):
    """For agents of the ticket."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="What happened to a ticket, newest first", responses=TicketEventPageSerializer
    )
    def get(self, request: Request, ticket_id: UUID) -> Response:
        ticket = visible_ticket(request, ticket_id)
        if not user_works_on(user_of(request), ticket):
            raise AgentsOnly
        paginator = NewestFirst()
        rows = TicketEvent.objects.filter(ticket=ticket).select_related("actor")
        page = paginator.paginate_queryset(rows, request) or []
        names = names_in(state for entry in page for state in (entry.before, entry.after))
        shown = TicketEventSerializer(page, many=True, context={"names": names})
        return paginator.get_paginated_response(list(shown.data))
