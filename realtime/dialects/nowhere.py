"""The dialect of paths that don't exist: everybody is refused as if it were forbidden."""

from __future__ import annotations

from realtime.dialects.base import Wanted
from realtime.dialects.envelope import envelope
from realtime.dialects.rooms import RoomDialect


class NowhereDialect(RoomDialect):
    """Wants a topic of no kind, so that the socket is told `forbidden` and closed with 4403."""

    def wanted(self) -> list[Wanted]:
        return [Wanted("nowhere", envelope)]
