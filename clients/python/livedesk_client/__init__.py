"""Async client for Livedesk's rooms: stays connected, misses nothing, stores what is sent once."""

from livedesk_client.client import Client
from livedesk_client.connection import Status
from livedesk_client.errors import LivedeskError, SignedOut
from livedesk_client.frames import CloseCode, Cursor, Frame, Member, Receipt
from livedesk_client.room import Room
from livedesk_client.session import Session

__all__ = [
    "Client",
    "CloseCode",
    "Cursor",
    "Frame",
    "LivedeskError",
    "Member",
    "Receipt",
    "Room",
    "Session",
    "SignedOut",
    "Status",
]
