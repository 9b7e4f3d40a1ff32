"""REST of files: upload, list, download. A download is never shown as a page of this site."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from realtime.errors import TooLarge, Unauthorized
from tickets import services
from tickets.api.lookup import checked, user_of, visible_ticket
from tickets.attachment_keys import keyed_address, user_with_key
from tickets.conf import tickets_config
from tickets.errors import NotFound
from tickets.models import Attachment
from tickets.pagination import OldestFirst
from tickets.selectors.access import tickets_visible_to, user_works_on
from tickets.selectors.conversation import attachments_visible_to
from tickets.serializers.attachment import (
    AttachmentLinkSerializer,
    AttachmentPageSerializer,
    AttachmentSerializer,
    UploadSerializer,
)

_SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_KEY = OpenApiParameter("key", str, description="Instead of a token; made by link/")


class AttachmentsView(APIView):
    permission_classes = [IsAuthenticated]
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="tickets_attachments_list",
        summary="The files of a ticket",
        responses=AttachmentPageSerializer,
    )
    def get(self, request: Request, ticket_id: UUID) -> Response:
        ticket = visible_ticket(request, ticket_id)
        works_on = user_works_on(user_of(request), ticket)
        paginator = OldestFirst()
        rows = attachments_visible_to(ticket, works_on=works_on)
        page = paginator.paginate_queryset(rows, request) or []
        return paginator.get_paginated_response(list(AttachmentSerializer(page, many=True).data))

    @extend_schema(
        summary="Upload a file",
        request={"multipart/form-data": UploadSerializer},
        responses={201: AttachmentSerializer},
    )
    def post(self, request: Request, ticket_id: UUID) -> Response:
        ticket = visible_ticket(request, ticket_id)
        given = checked(UploadSerializer, request)
        file: UploadedFile[Any] = given["file"]
        most = tickets_config().largest_attachment
        if (file.size or 0) > most:
            raise TooLarge(f"A file may have {most} bytes.")
        row = services.attach_file(
            ticket=ticket,
            actor=user_of(request),
            name=file.name or "",
            content=file.read(),
            internal=given["internal"],
        )
        return Response(AttachmentSerializer(row).data, status=201)


class AttachmentView(APIView):
    """Who has the caller's token or a fresh key may download, as long as the user sees the file."""

    permission_classes = [AllowAny]
    thumbnail = False

    @extend_schema(
        summary="Download a file",
        parameters=[_KEY],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, ticket_id: UUID, attachment_id: UUID) -> HttpResponseBase:
        row = _visible_attachment(_reader(request, attachment_id), ticket_id, attachment_id)
        return _file_response(row, thumbnail=self.thumbnail)

    @extend_schema(summary="Delete a file that one uploaded", responses={204: None})
    def delete(self, request: Request, ticket_id: UUID, attachment_id: UUID) -> Response:
        if not request.user.is_authenticated:
            raise Unauthorized
        row = _visible_attachment(user_of(request), ticket_id, attachment_id)
        services.delete_attachment(attachment=row, actor=user_of(request))
        return Response(status=204)


class ThumbnailView(AttachmentView):
    http_method_names = ["get", "head", "options"]
    thumbnail = True

    @extend_schema(
        summary="A small WebP of an image",
        parameters=[_KEY],
        responses={(200, "image/webp"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, ticket_id: UUID, attachment_id: UUID) -> HttpResponseBase:
        return super().get(request, ticket_id, attachment_id)


class AttachmentLinkView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="An address of a file that needs no token for a while",
        responses=AttachmentLinkSerializer,
    )
    def get(self, request: Request, ticket_id: UUID, attachment_id: UUID) -> Response:
        user = user_of(request)
        row = _visible_attachment(user, ticket_id, attachment_id)
        return Response(
            {
                "url": keyed_address(row, user),
                "expires_in": tickets_config().attachment_link_seconds,
            }
        )


def _reader(request: Request, attachment_id: UUID) -> Any:
    """Who downloads: the one with the token, or the one whom the key was made for."""
    key = request.query_params.get("key")
    if key is None:
        if not request.user.is_authenticated:
            raise Unauthorized
        return request.user
    return user_with_key(key, attachment_id)


def _visible_attachment(user: Any, ticket_id: UUID, attachment_id: UUID) -> Attachment:
    ticket = tickets_visible_to(user).filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound
    rows = attachments_visible_to(ticket, works_on=user_works_on(user, ticket))
    row = rows.select_related("ticket").filter(pk=attachment_id).first()
    if row is None:
        raise NotFound
    return row


def _file_response(row: Attachment, *, thumbnail: bool) -> HttpResponseBase:
    file = row.thumbnail if thumbnail else row.file
    if not file.name or not file.storage.exists(file.name):
        raise NotFound
    shown = thumbnail or row.content_type in _SHOWN
    content_type = "image/webp" if thumbnail else row.content_type
    response = FileResponse(
        file.open("rb"),
        as_attachment=not shown,
        filename="thumbnail.webp" if thumbnail else row.name,
        content_type=content_type if shown else "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
