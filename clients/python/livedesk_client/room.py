"""One listener's place in a room: joins, notices gaps, resumes, hands each event over once and in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

from livedesk_client.errors import LivedeskError
from livedesk_client.frames import Cursor, Frame, Member, Receipt, new_ref

if TYPE_CHECKING:
    from livedesk_client.client import Client

RoomState = Literal["waiting", "joining", "reloading", "live", "forbidden", "closed"]
Snapshot = Callable[[], Awaitable[Cursor]]

_SNAPSHOT_RETRY = 3.0
_JOIN_TIMEOUT = 15.0

_log = logging.getLogger("livedesk_client")


class Room:
    """Made by `Client.subscribe`. Iterate over it for its events; leave it with `close` or as a context manager.

    The iteration ends when the room is closed, and raises `LivedeskError` when the connection stops for good.

    ``state`` is ``waiting`` without a connection, ``joining``, ``reloading`` while ``snapshot`` runs, ``live``, ``forbidden``, or
    ``closed``.
    """

    def __init__(
        self,
        client: Client,
        name: str,
        *,
        cursor: Cursor | None,
        snapshot: Snapshot | None,
        types: list[str] | None,
        history: int,
    ) -> None:
        self.client, self.name = client, name
        self.cursor = cursor
        self.members: list[Member] = []
        self.history_at_join: list[Frame] = []
        self.state: RoomState = "waiting"
        self._snapshot, self._types, self._history = snapshot, types, history
        self._events: asyncio.Queue[Frame | LivedeskError | None] = asyncio.Queue()
        self._ended: str | None = None
        self._join_ref: str | None = None
        self._moved = asyncio.Condition()

    # --- for users ---

    async def __aenter__(self) -> Room:
        await self.ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def __aiter__(self) -> AsyncIterator[Frame]:
        while (event := await self._events.get()) is not None:
            if isinstance(event, LivedeskError):
                raise event
            yield event

    async def ready(self) -> None:
        """Returns when live.

        Raises:
            LivedeskError: ``forbidden``, ``closed``, or why the connection stopped for good.
        """
        async with self._moved:
            await self._moved.wait_for(lambda: self.state in ("live", "forbidden", "closed"))
        if self.state != "live":
            raise LivedeskError(self._ended or self.state)

    async def send(self, content: str, **fields: Any) -> Receipt:
        """Stores a message; returns once it is committed, however often the connection is lost until then."""
        return await self.client.send(self.name, content, **fields)

    async def typing(self, active: bool = True) -> None:
        state = "start" if active else "stop"
        await self.client.transmit({"type": "typing", "room": self.name, "data": {"state": state}})

    async def read(self, seq: int) -> None:
        """Tells that everything up to ``seq`` has been read."""
        await self.client.transmit({"type": "read", "room": self.name, "data": {"seq": seq}})

    async def history(self, before: int | None = None, limit: int = 50) -> Frame:
        """``{"events": […], "has_more"}``, oldest first."""
        data = {"limit": limit, **({} if before is None else {"before": before})}
        answer = await self.client.request({"type": "history", "room": self.name, "data": data})
        found: Frame = answer["data"]
        return found

    async def close(self) -> None:
        if self.state == "closed":
            return
        await self._set("closed")
        self._events.put_nowait(None)
        await self.client.forget(self)

    # --- for the client ---

    async def connected(self) -> None:
        if self.state == "closed":
            return
        if self.cursor is None and self._snapshot is not None:
            await self._reload()
        else:
            await self.join()

    async def stopped(self, reason: str) -> None:
        """The connection won't come back."""
        if self.state == "closed":
            return
        self._ended = reason
        await self._set("closed")
        self._events.put_nowait(LivedeskError(reason))

    async def disconnected(self) -> None:
        self._join_ref = None
        if self.state != "closed":
            await self._set("waiting")

    async def join(self) -> None:
        if self.state == "closed":
            return
        self._join_ref = ref = new_ref()
        self.client.later(_JOIN_TIMEOUT, lambda: self._join_again(ref))
        await self._set("joining")
        frame: Frame = {"type": "join_room", "room": self.name, "ref": self._join_ref}
        if self.cursor is not None:
            frame |= {"since": self.cursor.seq, "epoch": self.cursor.epoch}
        elif self._history:
            frame["history"] = self._history
        if self._types is not None:
            frame["types"] = self._types
        await self.client.transmit(frame)

    async def _join_again(self, ref: str) -> None:
        """The server may drop a frame when there are too many, without a word about which."""
        if self._join_ref == ref and self.state == "joining":
            await self.join()

    async def receive(self, frame: Frame) -> None:
        kind = frame.get("type")
        if kind == "room_joined":
            await self._joined(frame)
        elif kind == "room_left":
            if frame["data"].get("reason") == "forbidden":
                await self._set("forbidden")
        elif kind == "error":
            await self._refused(frame)
        elif self.state == "live":
            await self._event(frame)

    async def _joined(self, frame: Frame) -> None:
        data = frame["data"]
        if frame.get("ref") != self._join_ref:
            if self.state == "live" and self.cursor and data["seq"] > self.cursor.seq:
                await self.join()
            return
        self._join_ref = None
        resumed = data.get("resumed", True)
        if self.cursor is not None and not resumed and self._snapshot is not None:
            return await self._reload()
        if self.cursor is None or not resumed:
            self.cursor = Cursor(data["seq"], data.get("epoch"))
        self.members = [Member(**one) for one in data.get("members", [])]
        self.history_at_join = data.get("history", [])
        await self._set("live")

    async def _refused(self, frame: Frame) -> None:
        if self._join_ref is None or frame.get("ref") != self._join_ref:
            return
        if frame["data"].get("code") in ("forbidden", "not_allowed"):
            await self._set("forbidden")
        else:
            ref = self._join_ref
            self.client.later(1.5, lambda: self._join_again(ref))

    async def _event(self, frame: Frame) -> None:
        if frame["type"] in ("user_joined", "user_left"):
            self._move_member(frame)
        seq = frame.get("seq")
        if seq is not None and self.cursor is not None:
            if seq <= self.cursor.seq:
                return
            if seq > self.cursor.seq + 1 and self._types is None:
                return await self.join()
            self.cursor = Cursor(seq, self.cursor.epoch)
        # Another listener of this client may have asked for more.
        if self._types is None or frame["type"] in self._types:
            self._events.put_nowait(frame)

    def _move_member(self, frame: Frame) -> None:
        member = Member(frame["data"]["user_id"], frame["data"]["username"])
        self.members = [one for one in self.members if one.user_id != member.user_id]
        if frame["type"] == "user_joined":
            self.members.append(member)

    async def _reload(self) -> None:
        await self._set("reloading")
        # Not here: other rooms go on meanwhile, and the snapshot may wait for one of them.
        self.client.later(0, self._take_snapshot)

    async def _take_snapshot(self) -> None:
        assert self._snapshot is not None
        try:
            cursor = await self._snapshot()
        except Exception as error:  # whatever the caller's snapshot raises, the room tries again
            _log.warning("No snapshot of %s: %r", self.name, error)
            self.client.later(_SNAPSHOT_RETRY, self._reload_again)
            return
        if self.state == "reloading":
            self.cursor = cursor
            await self.join()

    async def _reload_again(self) -> None:
        if self.state == "reloading":
            await self._reload()

    async def _set(self, state: RoomState) -> None:
        async with self._moved:
            self.state = state
            self._moved.notify_all()
