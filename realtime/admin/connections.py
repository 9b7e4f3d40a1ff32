"""Who is connected now, and putting them out. The pages are our own: with Redis there are no rows that Django's could show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse

import realtime
from realtime.admin.looks import ReadOnlyAdmin
from realtime.models import SocketConnection
from realtime.presence.peers import PAGE, LiveConnection, Wanted
from realtime.presence.selectors import live_connection, live_connections
from realtime.sending import disconnect_connections

_COLUMNS = ["User", "Endpoint", "Address", "Since", "Received", "Sent", "Rooms", "Process"]


@admin.register(SocketConnection)
class SocketConnectionAdmin(ReadOnlyAdmin):
    """The open sockets of all processes, wherever they are kept."""

    def has_disconnect_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("realtime.delete_socketconnection")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self._disconnect(request)
            return HttpResponseRedirect(request.get_full_path())
        wanted = Wanted(_plain(request.GET.get("q")), _plain(request.GET.get("process")))
        page = _page_of(request.GET)
        listing = live_connections(wanted, page)
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": "Connections",
            "opts": self.opts,
            "wanted": wanted,
            "listing": listing,
            "columns": _COLUMNS,
            "rows": [{"connection": c, "since": _since(c)} for c in listing.connections],
            "may_disconnect": self.has_disconnect_permission(request),
            "before": _query(request, page - 1) if page > 1 else "",
            "after": _query(request, page + 1) if page * PAGE < listing.total else "",
        }
        return TemplateResponse(request, "realtime/admin/connections.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        connection = live_connection(_plain(object_id))
        if connection is None:
            raise Http404("This connection isn't open any more.")
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": f"{connection.username} on {connection.endpoint}",
            "opts": self.opts,
            "connection": connection,
            "facts": _facts(connection),
            "may_disconnect": self.has_disconnect_permission(request),
        }
        return TemplateResponse(request, "realtime/admin/connection.html", context)

    def _disconnect(self, request: HttpRequest) -> None:
        """They may come back at once: an account that is to stay out is deactivated."""
        if not self.has_disconnect_permission(request):
            raise PermissionDenied
        chosen = [_plain(id) for id in request.POST.getlist("_selected_action")[:PAGE]]
        if request.POST.get("action") == "disconnect":
            disconnect_connections(chosen)
            messages.success(request, f"{len(chosen)} sockets are closed within seconds.")
        elif request.POST.get("action") == "disconnect_users":
            found = [live_connection(connection_id) for connection_id in chosen]
            users = {connection.user_id for connection in found if connection is not None}
            for user_id in users:
                realtime.disconnect(user_id)
            text = f"All sockets of {len(users)} users are closed within seconds."
            messages.success(request, text)


def _since(connection: LiveConnection) -> datetime:
    return datetime.fromtimestamp(connection.opened_at, UTC)


def _facts(connection: LiveConnection) -> list[tuple[str, Any]]:
    return [
        ("User", f"{connection.username} (id {connection.user_id})"),
        ("Endpoint", connection.endpoint),
        ("Address", connection.address),
        ("Since", f"{_since(connection):%Y-%m-%d %H:%M:%S} UTC"),
        ("Frames received", connection.frames.received),
        ("Frames sent", connection.frames.sent),
        ("Rooms", ", ".join(connection.rooms or ()) or "none"),
        ("Process", connection.process),
        ("Id", connection.id),
    ]


def _plain(text: str | None) -> str:
    """What a database can be asked for."""
    return (text or "").replace("\x00", "").strip()[:200]


def _page_of(query: QueryDict) -> int:
    text = query.get("page", "")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _query(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return query.urlencode()
