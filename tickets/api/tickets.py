"""REST of tickets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

import realtime
from realtime.errors import InvalidField
from tickets import services
from tickets.api.changing import changes_in
from tickets.api.filters import TicketFilter
from tickets.api.lookup import checked, user_of, user_with_id, visible_ticket
from tickets.api.preconditions import etag_of, expected_versions
from tickets.errors import AgentsOnly, NotFound, Stale
from tickets.models import Ticket
from tickets.pagination import NewestFirst
from tickets.selectors.access import tickets_visible_to, tickets_worked_on_by, user_works_on
from tickets.selectors.listing import with_details
from tickets.serializers.detail import TicketDetailSerializer, detail_of
from tickets.serializers.representing import shown_by
from tickets.serializers.ticket import (
    AgentTicketSerializer,
    AssignmentSerializer,
    BulkResultsSerializer,
    BulkSerializer,
    MergeSerializer,
    NewTicketSerializer,
    ReadSerializer,
    SnoozeSerializer,
    SplitSerializer,
    TicketChangesSerializer,
    TicketSerializer,
    TransitionSerializer,
)

_IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag of the version you change"
)
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Instead of client_id"
)


@extend_schema_view(list=extend_schema(summary="The tickets one sees, newest first"))
class TicketViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Ticket]):
    """Tickets that the caller sees; others look as if there were none. Agents are shown more of them than customers."""

    permission_classes = [IsAuthenticated]
    serializer_class = TicketSerializer
    pagination_class = NewestFirst
    filterset_class = TicketFilter
    lookup_value_converter = "uuid"
    queryset = Ticket.objects.none()

    def get_queryset(self) -> QuerySet[Ticket]:
        return with_details(tickets_visible_to(user_of(self.request)))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        # Of those that the caller works on, more is shown.
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        worked_on = tickets_worked_on_by(user_of(request)).filter(pk__in=[row.pk for row in page])
        ids = set(worked_on.values_list("pk", flat=True))
        results = [
            shown_by(AgentTicketSerializer if row.pk in ids else TicketSerializer)(row)
            for row in page
        ]
        return self.get_paginated_response(results)

    @extend_schema(
        summary="File a ticket",
        request=NewTicketSerializer,
        parameters=[_IDEMPOTENCY_KEY],
        responses={201: TicketDetailSerializer, 200: TicketDetailSerializer},
    )
    def create(self, request: Request) -> Response:
        given = checked(NewTicketSerializer, request)
        if (requester := given.pop("requester", None)) is not None:
            given["requester"] = user_with_id(requester, "requester")
        given["client_id"] = given.get("client_id") or request.headers.get("Idempotency-Key")
        ticket, created = services.create_ticket(actor=user_of(request), **given)
        response = self._shown(request, ticket.pk, 201 if created else 200)
        response["Location"] = request.build_absolute_uri(f"{request.path}{ticket.pk}/")
        return response

    @extend_schema(summary="One ticket: a snapshot", responses=TicketDetailSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self._shown(request, pk)

    @extend_schema(
        summary="Change a ticket",
        description="Changes some of it. What it is shown with may be sent back as it is; other names are refused.",
        request=TicketChangesSerializer,
        parameters=[_IF_MATCH],
        responses=TicketDetailSerializer,
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        ticket = visible_ticket(request, pk)
        expected = expected_versions(request, required=True)
        return self._done(
            request,
            ticket,
            services.change_ticket,
            changes=changes_in(request, ticket, expected),
            expected_versions=expected,
        )

    @extend_schema(
        summary="Assign it, or take the assignment back (null)",
        request=AssignmentSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: UUID) -> Response:
        ticket = visible_ticket(request, pk)
        wanted = checked(AssignmentSerializer, request)["assignee"]
        return self._done(
            request,
            ticket,
            services.assign_ticket,
            assignee=None if wanted is None else user_with_id(wanted, "assignee"),
            expected_versions=expected_versions(request, required=False),
        )

    @extend_schema(
        summary="Move it to another status",
        request=TransitionSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def transition(self, request: Request, pk: UUID) -> Response:
        ticket = visible_ticket(request, pk)
        return self._done(
            request,
            ticket,
            services.transition_ticket,
            status=checked(TransitionSerializer, request)["status"],
            expected_versions=expected_versions(request, required=False),
        )

    @extend_schema(
        summary="Say how far one has read", request=ReadSerializer, responses=ReadSerializer
    )
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: UUID) -> Response:
        ticket = visible_ticket(request, pk)
        given = checked(ReadSerializer, request)
        pointer = services.mark_read(ticket=ticket, actor=user_of(request), **given)
        return Response({"seq": pointer.seq, "notes_seq": pointer.notes_seq})

    @extend_schema(
        summary="Take it, unless somebody else has", request=None, responses=TicketDetailSerializer
    )
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: UUID) -> Response:
        return self._done(request, visible_ticket(request, pk), services.claim_ticket)

    @extend_schema(
        summary="Put it away until later, or back (null)",
        request=SnoozeSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: UUID) -> Response:
        return self._done(
            request,
            visible_ticket(request, pk),
            services.snooze_ticket,
            until=checked(SnoozeSerializer, request)["until"],
            expected_versions=expected_versions(request, required=False),
        )

    @extend_schema(
        summary="Move all of it into another ticket, which is shown",
        request=MergeSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: UUID) -> Response:
        ticket = visible_ticket(request, pk)
        if not user_works_on(user_of(request), ticket):
            raise AgentsOnly
        wanted = checked(MergeSerializer, request)["into"]
        into = tickets_visible_to(user_of(request)).filter(pk=wanted).first()
        if into is None:
            raise InvalidField("There is no such ticket.", field="into")
        services.merge_tickets(ticket=ticket, actor=user_of(request), into=into)
        return self._shown(request, into.pk)

    @extend_schema(
        summary="Move some messages into a new ticket, which is shown",
        request=SplitSerializer,
        responses={201: TicketDetailSerializer},
    )
    @action(detail=True, methods=["post"])
    def split(self, request: Request, pk: UUID) -> Response:
        ticket = visible_ticket(request, pk)
        given = checked(SplitSerializer, request)
        new = services.split_ticket(ticket=ticket, actor=user_of(request), **given)
        return self._shown(request, new.pk, 201)

    @extend_schema(
        summary="The same for many tickets, each with its result",
        request=BulkSerializer,
        responses=BulkResultsSerializer,
        filters=False,
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def bulk(self, request: Request) -> Response:
        given = checked(BulkSerializer, request)
        service, arguments = _bulk_service(given)
        results = services.change_many(
            ids=given["tickets"], actor=user_of(request), service=service, **arguments
        )
        return Response({"results": results})

    def _done(self, request: Request, ticket: Ticket, service: Any, **arguments: Any) -> Response:
        """Does something to a ticket and shows what it is then; a stale caller is shown what it is now."""
        try:
            service(ticket=ticket, actor=user_of(request), **arguments)
        except Stale as error:
            shown = self._shown(request, ticket.pk)
            raise Stale(str(error), current=shown.data) from None
        return self._shown(request, ticket.pk)

    def _shown(self, request: Request, pk: UUID, status: int = 200) -> Response:
        """The ticket with the numbers of its rooms, from one view of the database.

        Who has just lost sight of it (by assigning it away, say) is shown it a last time without its internal side.
        """
        user = user_of(request)
        with realtime.snapshot() as view:
            ticket = with_details(tickets_visible_to(user)).filter(pk=pk).first()
            if ticket is None and request.method != "GET":
                ticket = with_details(Ticket.objects.filter(pk=pk)).first()
            if ticket is None:
                raise NotFound
            works_on = user_works_on(user, ticket)
            data = detail_of(ticket, user, view, works_on=works_on)
        return Response(data, status=status, headers={"ETag": etag_of(ticket)})


def _bulk_service(given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The service that a bulk request names, and what to call it with."""
    what = given["action"]
    if what == "assign":
        wanted = given["assignee"]
        assignee = None if wanted is None else user_with_id(wanted, "assignee")
        return services.assign_ticket, {"assignee": assignee}
    if what == "transition":
        return services.transition_ticket, {"status": given["status"]}
    if what == "snooze":
        return services.snooze_ticket, {"until": given["until"]}
    return services.change_ticket, {"changes": dict(given["changes"])}
