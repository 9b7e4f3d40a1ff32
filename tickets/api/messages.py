"""REST of a ticket's conversation."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import realtime
from realtime.errors import InvalidField
from realtime.fields import number_in_query
from realtime.rest.pagination import ByCursor
from tickets import services
from tickets.api.lookup import checked, user_of, visible_message, visible_ticket
from tickets.models import Message, MessageKind
from tickets.pagination import OldestFirst
from tickets.selectors.access import user_works_on
from tickets.selectors.conversation import (
    message_with_details,
    messages_visible_to,
    with_places,
)
from tickets.serializers.message import (
    EditedMessageSerializer,
    MessagePageSerializer,
    MessageSerializer,
    NewMessageSerializer,
    NewReactionSerializer,
)
from tickets.serializers.representing import shown_by

_LIST_PARAMETERS = [
    OpenApiParameter("after_seq", int, description="Only the conversation after this number"),
    OpenApiParameter("before_seq", int, description="The page that ends before this number"),
    OpenApiParameter("after_notes_seq", int, description="Only notes after this number"),
    OpenApiParameter("kind", str, enum=MessageKind.values),
    OpenApiParameter("cursor", str),
    OpenApiParameter("page_size", int),
]


class MessagesView(APIView):
    """A ticket's conversation; notes are among it for agents."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="tickets_messages_list",
        summary="The messages of a ticket, oldest first: a snapshot",
        parameters=_LIST_PARAMETERS,
        responses=MessagePageSerializer,
    )
    def get(self, request: Request, ticket_id: UUID) -> Response:
        user = user_of(request)
        with realtime.snapshot() as view:
            ticket = visible_ticket(request, ticket_id)
            works_on = user_works_on(user, ticket)
            messages = _narrowed(messages_visible_to(user, ticket, works_on=works_on), request)
            response = _page(messages, request)
            response.data.update(view.position(ticket.room))
            if works_on:
                response.data["notes"] = view.position(ticket.notes_room)
        return response

    @extend_schema(
        summary="Say something, or write a note",
        request=NewMessageSerializer,
        responses={201: MessageSerializer, 200: MessageSerializer},
    )
    def post(self, request: Request, ticket_id: UUID) -> Response:
        ticket = visible_ticket(request, ticket_id)
        given = checked(NewMessageSerializer, request)
        is_note = given.pop("kind", MessageKind.REPLY) == MessageKind.NOTE
        given["client_id"] = given.get("client_id") or request.headers.get("Idempotency-Key")
        if is_note:
            given.pop("last_seen_seq", None)
        post = services.add_note if is_note else services.reply
        message, created = post(ticket=ticket, actor=user_of(request), **given)
        return _shown(message, 201 if created else 200)


class MessageView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(summary="One message", responses=MessageSerializer)
    def get(self, request: Request, ticket_id: UUID, message_id: UUID) -> Response:
        return _shown(visible_message(request, ticket_id, message_id))

    @extend_schema(
        summary="Change what one wrote",
        request=EditedMessageSerializer,
        responses=MessageSerializer,
    )
    def patch(self, request: Request, ticket_id: UUID, message_id: UUID) -> Response:
        message = visible_message(request, ticket_id, message_id)
        given = checked(EditedMessageSerializer, request)
        return _shown(services.edit_message(message=message, actor=user_of(request), **given))

    @extend_schema(summary="Take back what one wrote", responses={204: None})
    def delete(self, request: Request, ticket_id: UUID, message_id: UUID) -> Response:
        message = visible_message(request, ticket_id, message_id)
        services.delete_message(message=message, actor=user_of(request))
        return Response(status=204)


class ReactionsView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="React to a message",
        request=NewReactionSerializer,
        responses={201: MessageSerializer},
    )
    def post(self, request: Request, ticket_id: UUID, message_id: UUID) -> Response:
        message = visible_message(request, ticket_id, message_id)
        given = checked(NewReactionSerializer, request)
        services.react(message=message, actor=user_of(request), emoji=given["emoji"])
        return _shown(message, 201)


class ReactionView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(summary="Take a reaction back", responses={204: None})
    def delete(self, request: Request, ticket_id: UUID, message_id: UUID, emoji: str) -> Response:
        message = visible_message(request, ticket_id, message_id)
        services.unreact(message=message, actor=user_of(request), emoji=emoji)
        return Response(status=204)


def _narrowed(messages: QuerySet[Message], request: Request) -> QuerySet[Message]:
    """What the query asks for. Numbers are of the conversation; notes have numbers of their own, and are left in whole
    unless theirs is given, so that catching up misses none."""
    query = request.query_params
    if {"after_seq", "before_seq"} & query.keys():
        messages = with_places(messages)
    is_note = Q(kind=MessageKind.NOTE)
    if (after := number_in_query(query.get("after_seq"), "after_seq")) is not None:
        messages = messages.filter(is_note | Q(seq__gt=after))
    if (
        after_notes := number_in_query(query.get("after_notes_seq"), "after_notes_seq")
    ) is not None:
        messages = messages.filter(~is_note | Q(seq__gt=after_notes))
    if (before := number_in_query(query.get("before_seq"), "before_seq")) is not None:
        messages = messages.filter(Q(("place__lt", before)))
    if (kind := query.get("kind")) is not None:
        if kind not in MessageKind.values:
            raise InvalidField(
                f"kind must be one of {', '.join(MessageKind.values)}.", field="kind"
            )
        messages = messages.filter(kind=kind)
    return messages


class _ByPlace(ByCursor):
    """After a merge, messages that were written earlier have later numbers: who pages by numbers gets them in that order."""

    ordering = ("place", "id")


class _LatestFirst(ByCursor):
    """Goes backwards from the end; each page is shown oldest first all the same."""

    ordering = ("-place", "-id")


def _page(messages: QuerySet[Message], request: Request) -> Response:
    backwards = "before_seq" in request.query_params
    forwards = "after_seq" in request.query_params
    order = _LatestFirst if backwards else _ByPlace if forwards else OldestFirst
    paginator = order()
    rows = paginator.paginate_queryset(messages, request) or []
    shown = rows[::-1] if backwards else rows
    return paginator.get_paginated_response(list(MessageSerializer(shown, many=True).data))


def _shown(message: Message, status: int = 200) -> Response:
    """The message as stored, with its number, which PostgreSQL gives at commit."""
    return Response(shown_by(MessageSerializer)(message_with_details(message.pk)), status=status)
