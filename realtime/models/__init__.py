"""The engine's tables."""

from realtime.models.boards import Board
from realtime.models.bridge import Publication, ServiceKey
from realtime.models.connections import (
    Departure,
    RoomMembership,
    ServerProcess,
    SocketConnection,
)
from realtime.models.hooks import HookDelivery, IncomingHook, OutgoingHook
from realtime.models.log import AccessChange, LogEpoch, StoredEvent, TopicHead
from realtime.models.logins import Login, LoginCutoff, SocketTicket
from realtime.models.receipts import StoredReceipt

__all__ = [
    "AccessChange",
    "Board",
    "Departure",
    "HookDelivery",
    "IncomingHook",
    "LogEpoch",
    "Login",
    "LoginCutoff",
    "OutgoingHook",
    "Publication",
    "RoomMembership",
    "ServerProcess",
    "ServiceKey",
    "SocketConnection",
    "SocketTicket",
    "StoredEvent",
    "StoredReceipt",
    "TopicHead",
]
