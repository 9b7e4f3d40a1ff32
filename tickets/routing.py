"""The socket route of a ticket's chat."""

from __future__ import annotations

from django.urls import path

from realtime.consumers import socket_endpoint
from tickets.dialect import TicketDialect

websocket_urlpatterns = [
    path("api/v1/ws/tickets/<str:ticket_id>", socket_endpoint(TicketDialect)),
]
