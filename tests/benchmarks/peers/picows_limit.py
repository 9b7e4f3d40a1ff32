"""The practical limit in Python: picows, each message framed once and written to every socket; no layer, no database."""

from __future__ import annotations

import json
import os
import sys
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

_rooms: dict[str, set[Any]] = {}


def _framed(text: bytes) -> bytes:
    size = len(text)
    if size < 126:
        return bytes([0x81, size]) + text
    return b"\x81\x7e" + size.to_bytes(2, "big") + text


class Chat(WSListener):
    room = ""

    def on_ws_connected(self, transport: WSTransport) -> None:
        query = parse_qs(urlsplit(transport.request.path.decode()).query)
        key = os.environ["JWT_SECRET_KEY"]
        jwt.decode(query["token"][0], key, ["HS256"], audience="livedesk", issuer="livedesk")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        content = json.loads(frame.get_payload_as_bytes())
        if content["type"] == "join_room":
            self.room = content["room"]
            _rooms.setdefault(self.room, set()).add(transport.underlying_transport)
            transport.send(WSMsgType.TEXT, b'{"type":"room_joined"}')
            return
        event = {
            "type": "message.new",
            "room": self.room,
            "data": content["data"],
            "sender": "speaker",
            "timestamp": datetime.now(UTC).isoformat(),
            "id": str(uuid.uuid4()),
        }
        data = _framed(json.dumps(event).encode())
        for member in _rooms[self.room]:
            member.write(data)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        _rooms.get(self.room, set()).discard(transport.underlying_transport)


async def _serve() -> None:
    server = await ws_create_server(lambda request: Chat(), "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
