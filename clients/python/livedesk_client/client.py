"""The client: rooms, sending and requests over one connection."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from livedesk_client.connection import Connection, GetToken, Status
from livedesk_client.errors import LivedeskError
from livedesk_client.frames import Cursor, Frame, Receipt, new_client_id, new_ref
from livedesk_client.room import Room, Snapshot
from livedesk_client.timing import Backoff

_log = logging.getLogger("livedesk_client")
_RECEIPT_TIMEOUT = 10.0
_PASSING = ("rate_limited", "server_error", "not_joined", "disconnected", "timeout")


class Client:
    """``async with Client(url, session.token) as client``: connects, and stays connected.

    ``url``: ``ws://`` or ``http://`` address of ``/api/v1/ws/connect``. ``get_token(refresh)`` returns an access token or raises
    `SignedOut`; other errors count as network faults. ``on_status`` and ``on_frame`` are told everything.
    """

    def __init__(
        self,
        url: str,
        get_token: GetToken,
        *,
        on_status: Callable[[Status], None] | None = None,
        on_frame: Callable[[Frame], None] | None = None,
        backoff: Backoff | None = None,
        patience: float = 10,
        heartbeat: float | None = None,
    ) -> None:
        self._connection = Connection(
            url,
            get_token,
            on_status=self._told_status,
            on_frame=self._told_frame,
            backoff=backoff,
            patience=patience,
            heartbeat=heartbeat,
        )
        self._on_status, self._on_frame = on_status, on_frame
        self._rooms: list[Room] = []
        self._requests: dict[str, asyncio.Future[Frame]] = {}
        self._outboxes: dict[str, asyncio.Lock] = {}
        # Rooms that nobody listens to, joined as long as something is being sent there.
        self._held: dict[str, Room] = {}
        self._sending: Counter[str] = Counter()
        self._inbox: asyncio.Queue[Status | Frame] = asyncio.Queue()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._opened = asyncio.Event()

    async def __aenter__(self) -> Client:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def status(self) -> Status:
        return self._connection.status

    def start(self) -> None:
        self._spawn(self._connection.run())
        self._spawn(self._work())

    async def stop(self) -> None:
        """Closes the socket and all rooms; what waits to be sent is given up."""
        for room in list(self._rooms):
            await room.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fail_requests(LivedeskError("stopped"))

    def retry_now(self) -> None:
        self._connection.retry_now()

    async def opened(self) -> None:
        """Returns when connected.

        Raises:
            LivedeskError: the connection stopped for good.
        """
        await self._opened.wait()
        if self.status.state == "stopped":
            raise LivedeskError(self.status.reason or "stopped")

    def subscribe(
        self,
        room: str,
        *,
        since: int | None = None,
        epoch: str | None = None,
        snapshot: Snapshot | None = None,
        types: list[str] | None = None,
        history: int = 0,
    ) -> Room:
        """Listens to a room. ``since`` is the last number one has (0: from the beginning); without it, from now on.

        ``snapshot`` loads what the events change and returns the `Cursor` it agrees with: at the start if there is no
        ``since``, and whenever the log no longer reaches back.
        """
        cursor = None if since is None else Cursor(since, epoch)
        found = Room(self, room, cursor=cursor, snapshot=snapshot, types=types, history=history)
        self._rooms.append(found)
        if self.status.state == "open":
            self._spawn(found.connected())
        elif self.status.state == "stopped":
            self._spawn(found.stopped(self.status.reason or "stopped"))
        return found

    async def send(self, room: str, content: str, **fields: Any) -> Receipt:
        """Stores a message in a room; returns once it is committed. One at a time per room, so that order is kept.

        Raises:
            LivedeskError: the server refused it, or the connection stopped for good.
        """
        data = {"client_id": new_client_id(), **fields, "content": content}
        self._sending[room] += 1
        try:
            return await self._send(room, data)
        finally:
            self._sending[room] -= 1
            if not self._sending[room]:
                del self._sending[room]
                self._outboxes.pop(room, None)
                if (held := self._held.pop(room, None)) is not None:
                    await held.close()

    async def _send(self, room: str, data: Frame) -> Receipt:
        async with self._outboxes.setdefault(room, asyncio.Lock()):
            while True:
                await self._joined(room)
                try:
                    ack = await self.request({"type": "send_message", "room": room, "data": data})
                except LivedeskError as error:
                    if error.code not in _PASSING:
                        raise
                    await asyncio.sleep(0.05 if error.code == "disconnected" else 1.5)
                else:
                    return Receipt(ack.get("seq"), ack["data"])

    async def request(self, frame: Frame) -> Frame:
        """Sends a frame with a ``ref`` and returns its reply.

        Raises:
            LivedeskError: refused, ``disconnected``, or without an answer (``timeout``).
        """
        if self.status.state != "open":
            raise LivedeskError("disconnected")
        ref = new_ref()
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._requests[ref] = reply
        try:
            await self.transmit({**frame, "ref": ref})
            return await asyncio.wait_for(reply, _RECEIPT_TIMEOUT)
        except TimeoutError:
            raise LivedeskError("timeout", "The server didn't answer.") from None
        finally:
            self._requests.pop(ref, None)

    async def signal(self, room: str, to: str, data: Frame) -> None:
        """WebRTC signalling to one member of a room."""
        await self.transmit({"type": "signal", "room": room, "data": {**data, "to": to}})

    # --- for rooms ---

    async def transmit(self, frame: Frame) -> None:
        # Of several listeners in one room each filters for itself: the server goes by what the last one asked for.
        if "types" in frame and sum(one.name == frame["room"] for one in self._rooms) > 1:
            frame = {name: value for name, value in frame.items() if name != "types"}
        await self._connection.send(frame)

    async def forget(self, room: Room) -> None:
        self._rooms.remove(room)
        if not any(other.name == room.name for other in self._rooms):
            await self.transmit({"type": "leave_room", "room": room.name})

    def later(self, delay: float, do: Callable[[], Awaitable[None]]) -> None:
        async def wait() -> None:
            await asyncio.sleep(delay)
            await do()

        self._spawn(wait())

    # --- inside ---

    async def _joined(self, name: str) -> None:
        """Makes sure that the room is joined; a room nobody listens to is joined for sending."""
        room = next(
            (one for one in self._rooms if one.name == name and one.state != "forbidden"), None
        )
        if room is None:
            room = self._held[name] = self.subscribe(name)
        await room.ready()

    def _told_status(self, status: Status) -> None:
        if status.state in ("open", "stopped"):
            self._opened.set()
        else:
            self._opened.clear()
            self._fail_requests(LivedeskError("disconnected"))
        self._inbox.put_nowait(status)
        _tell(self._on_status, status)

    def _told_frame(self, frame: Frame) -> None:
        reply = self._requests.get(frame.get("ref", ""))
        if reply is not None and not reply.done():
            if frame["type"] == "error":
                reply.set_exception(LivedeskError.from_frame(frame))
            else:
                reply.set_result(frame)
        self._inbox.put_nowait(frame)
        _tell(self._on_frame, frame)

    async def _work(self) -> None:
        """Hands statuses and frames to the rooms, in the order they came."""
        while True:
            item = await self._inbox.get()
            for room in list(self._rooms):
                try:
                    await self._hand(item, room)
                except (
                    Exception
                ):  # one frame that isn't as it should be must not make the client deaf
                    _log.exception("%s: %r", room.name, item)

    async def _hand(self, item: Status | Frame, room: Room) -> None:
        if not isinstance(item, Status):
            if item.get("room") == room.name or item.get("type") == "error":
                await room.receive(item)
        elif item.state == "open":
            await room.connected()
        elif item.state == "stopped":
            await room.stopped(item.reason or "stopped")
        else:
            await room.disconnected()

    def _fail_requests(self, error: LivedeskError) -> None:
        for reply in self._requests.values():
            if not reply.done():
                reply.set_exception(error)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _tell(listener: Callable[[Any], None] | None, news: Any) -> None:
    """What a caller's listener does wrong is the caller's to know, and stops nothing here."""
    try:
        if listener is not None:
            listener(news)
    except Exception:
        _log.exception("A listener failed on %r", news)
