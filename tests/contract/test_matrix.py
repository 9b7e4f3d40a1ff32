"""Who may do what in the rooms of a ticket: each person, each frame, on a real socket, and what comes of it.

What is said in a room is judged by the same services as REST; their matrix is `tickets/tests/test_matrix.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.server import Person, Server
from tests.support.sockets import Frame, Socket

INSIDE = {
    "ticket": {"carol", "alice", "bob", "admin"},
    "ticket-notes": {"alice", "bob", "admin"},
}

# frame, and what comes of it for who is in the room and for who may not be: a reply's type, an error's code, or "-" for neither
FRAMES: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "join_room"}, "room_joined", "forbidden"),
    ({"type": "history"}, "history", "not_joined"),
    ({"type": "typing", "data": {"state": "start"}}, "-", "not_joined"),
    ({"type": "typing", "data": {"state": "stop"}}, "-", "not_joined"),
    ({"type": "read", "data": {"seq": 1}}, "ack", "not_joined"),
    ({"type": "signal", "data": {"to": "$me"}}, "-", "not_joined"),
    ({"type": "signal", "data": {"to": "0"}}, "invalid_field", "not_joined"),
    ({"type": "send_message", "data": {"content": "Hello"}}, "ack", "not_joined"),
    ({"type": "edit_message", "data": {"message_id": "0", "content": "E"}}, "forbidden", "not_joined"),
    ({"type": "delete_message", "data": {"message_id": "0"}}, "forbidden", "not_joined"),
    ({"type": "react", "data": {"message_id": "0", "emoji": "👍"}}, "forbidden", "not_joined"),
    ({"type": "unreact", "data": {"message_id": "0", "emoji": "👍"}}, "forbidden", "not_joined"),
    ({"type": "leave_room"}, "room_left", "room_left"),
    ({"type": "history"}, "not_joined", "not_joined"),
]  # fmt: skip


async def outcome(socket: Socket, frame: Frame, me: str) -> str:
    """What the frame is answered with. Frames of a socket are carried out in order, so a later answer means there is none."""
    seen = len(socket.seen)
    await socket.send({**frame, "ref": "asked"})
    await socket.send({"type": "history", "room": f"user:{me}", "ref": "later"})
    await socket.until(lambda answer: answer.get("ref") == "later")
    answers = [answer for answer in socket.seen[seen:] if answer.get("ref") == "asked"]
    if not answers:
        return "-"
    code = answers[0].get("data", {}).get("code")
    return str(code if answers[0]["type"] == "error" else answers[0]["type"])


@pytest.mark.parametrize("room", INSIDE)
@pytest.mark.parametrize("username", ["carol", "dave", "alice", "bob", "admin"])
async def test_frames_in_the_rooms_of_a_ticket(
    server: Server, ticket: dict[str, Any], username: str, room: str
) -> None:
    person = Person(server, username, "admin" if username == "admin" else "Secret123")
    me = str(person.get("auth/me/").json()["id"])
    is_inside = username in INSIDE[room]
    told, expected = [], []
    socket = await Socket.of(person)
    for frame, inside, outside in FRAMES:
        data = {
            key: me if value == "$me" else value for key, value in frame.get("data", {}).items()
        }
        asked = {**frame, "room": f"{room}:{ticket['id']}", "data": data}
        told.append((frame["type"], await outcome(socket, asked, me)))
        expected.append((frame["type"], inside if is_inside else outside))
    assert told == expected
    messages = Person(server, "alice").get(f"tickets/{ticket['id']}/messages/").json()["results"]
    assert len(messages) == 1 + is_inside
