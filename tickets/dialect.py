"""The dialect of one ticket's chat: the room is in the path, and a bare content is a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from realtime.commands import Command
from realtime.dialects.base import Wanted, Welcome
from realtime.dialects.envelope import server_frame
from realtime.dialects.rooms import RoomDialect, marked
from realtime.fields import number_in_query

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class TicketDialect(RoomDialect):
    """The canonical dialect with ``room`` left out; agents hear the ticket's notes too."""

    follows_rights: ClassVar[bool] = True

    def __init__(
        self, user: AbstractBaseUser | None, path: Mapping[str, Any], query: Mapping[str, str]
    ) -> None:
        super().__init__(user, path, query)
        ticket_id = str(path.get("ticket_id", ""))
        self.ticket_id = ticket_id.lower() if _UUID.fullmatch(ticket_id) else ticket_id
        self.since_notes = number_in_query(query.get("since_notes"), "since_notes")
        self.epoch_notes = query.get("epoch_notes")

    @property
    def room(self) -> str:
        return f"ticket:{self.ticket_id}"

    @property
    def notes(self) -> str:
        return f"ticket-notes:{self.ticket_id}"

    def wanted(self) -> list[Wanted]:
        return [
            Wanted(self.room, self.shape, self.since, self.epoch, member=True),
            Wanted(self.notes, self.shape, self.since_notes, self.epoch_notes, required=False),
        ]

    def also_wanted(self, user: AbstractBaseUser) -> list[Wanted]:
        """The notes, for one who becomes an agent of the ticket while the socket is open."""
        return [Wanted(self.notes, self.shape, required=False, told=True)]

    def parse(self, frame: dict[str, Any]) -> Command | None:
        if "type" in frame:
            return super().parse(frame)
        return marked(self.send_message(frame), frame)

    def room_of(self, frame: dict[str, Any]) -> str:
        return self.room if frame.get("room") is None else super().room_of(frame)

    def connected(self, welcome: Welcome) -> str | None:
        data: dict[str, Any] = {
            **welcome.places[self.room].as_data(),
            "user_id": welcome.user_id,
            "username": welcome.username,
            "connection_id": welcome.connection_id,
            "heartbeat_interval": welcome.heartbeat_interval,
            "members": welcome.members,
        }
        if (notes := welcome.places.get(self.notes)) is not None:
            data["notes"] = {"room": self.notes, **notes.as_data()}
        return server_frame("connected", room=self.room, data=data)
