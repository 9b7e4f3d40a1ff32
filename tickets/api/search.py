"""REST of the search."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tickets.api.lookup import user_of
from tickets.models import Message
from tickets.pagination import NewestFirst
from tickets.search import Query, excerpt, find_messages, find_tickets, parse
from tickets.selectors.listing import with_details
from tickets.serializers.people import UserSerializer
from tickets.serializers.representing import shown_by
from tickets.serializers.search import SearchPageSerializer
from tickets.serializers.ticket import TicketSerializer

_MESSAGES_EACH = 3
_MOST_MESSAGES = 500


class FoundFirst(NewestFirst):
    page_size = 20


class SearchView(APIView):
    """Words, "phrases", -without, and conditions such as ``status:open assignee:me tag:vip before:2026-01-31 #1002``."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="Tickets by what is said in them",
        parameters=[
            OpenApiParameter("q", str, required=True),
            OpenApiParameter("cursor", str),
            OpenApiParameter("page_size", int),
        ],
        responses=SearchPageSerializer,
    )
    def get(self, request: Request) -> Response:
        query, user = parse(request.query_params.get("q", "")), user_of(request)
        paginator = FoundFirst()
        tickets = with_details(find_tickets(query, user))
        page = paginator.paginate_queryset(tickets, request) or []
        messages: dict[UUID, list[dict[str, Any]]] = {}
        if query.has_text and page:
            said = find_messages(query, user, page).select_related("author")
            for message in said[:_MOST_MESSAGES]:
                of_ticket = messages.setdefault(message.ticket_id, [])
                if len(of_ticket) < _MESSAGES_EACH:
                    of_ticket.append(_shown(message, query))
        results = [
            {
                "ticket": shown_by(TicketSerializer)(ticket),
                "excerpt": excerpt(ticket.subject, query.highlights),
                "messages": messages.get(ticket.pk, []),
            }
            for ticket in page
        ]
        return paginator.get_paginated_response(results)


def _shown(message: Message, query: Query) -> dict[str, Any]:
    return {
        "id": str(message.pk),
        "kind": message.kind,
        "author": shown_by(UserSerializer)(message.author) if message.author else None,
        "created_at": message.created_at,
        "excerpt": excerpt(message.content, query.highlights),
    }
