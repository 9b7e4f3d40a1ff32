"""Protocol, section 4: rooms, multiplexed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support.server import Person
from tests.support.sockets import Socket


async def connect(person: Person, **query: Any) -> Socket:
    socket = await Socket.of(person, **query)
    assert (await socket.receive())["type"] == "connected"
    return socket


async def join(socket: Socket, room: str, **fields: Any) -> dict[str, Any]:
    return await socket.ask({"type": "join_room", "room": room, **fields}, "room_joined")


async def test_the_first_frame_names_the_own_room(carol: Person) -> None:
    hello = await (await Socket.of(carol)).receive()
    me = carol.get("auth/me/").json()
    assert hello["data"]["user_id"] == me["id"]
    assert hello["data"]["username"] == "carol"
    assert hello["data"]["protocol"] == 1
    assert hello["data"]["heartbeat_interval"] == 30
    assert set(hello["data"]["rooms"][f"user:{me['id']}"]) == {"seq", "epoch", "resumed"}


async def test_joining_tells_the_members_and_the_history(carol: Person, bob: Person) -> None:
    first, second = await connect(carol), await connect(bob)
    room = carol.new_channel()
    await join(first, room)
    await first.ask(
        {"type": "send_message", "room": room, "data": {"content": "Hi"}}, "message.new"
    )
    joined = await join(second, room, history=1)
    assert {m["username"] for m in joined["data"]["members"]} == {"bob", "carol"}
    assert joined["data"]["history"][-1]["data"]["content"] == "Hi"
    assert (await first.until("user_joined"))["data"]["username"] == "bob"
    left = await second.ask({"type": "leave_room", "room": room}, "room_left")
    assert left["data"] == {"reason": "left"}
    assert (await first.until("user_left"))["data"]["username"] == "bob"


@pytest.mark.parametrize("room", ["project:1", "channel:1", "task:2"])
async def test_members_chat_and_strangers_see_nothing(
    carol: Person, bob: Person, dave: Person, room: str
) -> None:
    speaker, listener, stranger = await connect(carol), await connect(bob), await connect(dave)
    await join(speaker, room)
    await join(listener, room)
    forbidden = await stranger.ask({"type": "join_room", "room": room, "ref": 1}, "error")
    missing = await stranger.ask({"type": "join_room", "room": "project:999", "ref": 1}, "error")
    assert forbidden["data"] == missing["data"]
    assert forbidden["data"]["code"] == "forbidden"
    frame = {
        "type": "send_message",
        "room": room,
        "data": {"content": "Hi", "client_id": uuid4().hex},
    }
    ack = await speaker.ask({**frame, "ref": "a"}, "ack")
    heard = await listener.until("message.new")
    assert (heard["seq"], heard["data"]["content"]) == (ack["seq"], "Hi")
    assert heard["data"] == ack["data"]


async def test_a_message_can_be_edited_and_deleted_by_its_author_only(
    carol: Person, bob: Person
) -> None:
    author, other = await connect(carol), await connect(bob)
    await join(author, "channel:1")
    await join(other, "channel:1")
    sent = await author.ask(
        {"type": "send_message", "room": "channel:1", "content": "Helo", "ref": 1}, "ack"
    )
    message = {"message_id": str(sent["data"]["id"])}
    edit = {"type": "edit_message", "room": "channel:1", "data": {**message, "content": "Hello"}}
    assert (await other.ask(edit, "error"))["data"]["code"] == "forbidden"
    await author.send(edit)
    assert (await other.until("message.edited"))["data"]["content"] == "Hello"
    await author.send({"type": "delete_message", "room": "channel:1", "data": message})
    assert (await other.until("message.deleted"))["data"]["id"] == sent["data"]["id"]


async def test_a_change_that_is_sent_again_gets_its_receipt_and_is_not_made_again(
    carol: Person, bob: Person
) -> None:
    author, other = await connect(carol), await connect(bob)
    room = carol.new_channel()
    await join(author, room)
    await join(other, room)
    sent = await author.ask(
        {"type": "send_message", "room": room, "content": "Helo", "ref": 0}, "ack"
    )
    key = str(sent["data"]["id"])

    async def ask(type: str, client_id: str, **data: str) -> dict[str, Any]:
        data |= {"message_id": key, "client_id": client_id}
        return await author.ask({"type": type, "room": room, "data": data}, "ack")

    first = await ask("edit_message", "a", content="Hello")
    assert await ask("edit_message", "a", content="Hello") == first
    await ask("edit_message", "b", content="Hello!")
    # It says what the message says now: what it said before is told nowhere.
    late = await ask("edit_message", "a", content="Hello")
    assert (late["seq"], late["data"]["content"]) == (first["seq"], "Hello!")
    liked = await ask("react", "c", emoji="👍")
    await ask("unreact", "c", emoji="👍")
    assert await ask("react", "c", emoji="👍") == liked
    gone = await ask("delete_message", "d")
    assert gone["data"]["content"] == ""
    assert await ask("delete_message", "d") == gone
    await other.until("message.deleted")
    assert await other.is_silent()
    assert [frame["type"] for frame in other.seen if frame.get("seq")] == [
        *("message.new", "message.edited", "message.edited", "reaction.added", "reaction.removed"),
        "message.deleted",
    ]


async def test_rooms_that_do_not_chat_and_rooms_one_is_not_in(alice: Person) -> None:
    socket = await connect(alice)
    await join(socket, "queue:support")
    answer = await socket.ask(
        {"type": "send_message", "room": "queue:support", "data": {"content": "x"}}, "error"
    )
    assert answer["data"]["code"] == "not_allowed"
    answer = await socket.ask(
        {"type": "send_message", "room": "channel:1", "data": {"content": "x"}}, "error"
    )
    assert answer["data"]["code"] == "not_joined"


async def test_history_pages_backwards(carol: Person) -> None:
    socket = await connect(carol)
    await join(socket, "task:2")
    for i in range(5):
        await socket.ask(
            {"type": "send_message", "room": "task:2", "content": f"{i}", "ref": i}, "ack"
        )
    page = await socket.ask({"type": "history", "room": "task:2", "data": {"limit": 3}}, "history")
    seqs = [event["seq"] for event in page["data"]["events"]]
    assert seqs == sorted(seqs)
    assert len(seqs) == 3
    assert page["data"]["has_more"] is True
    older = await socket.ask(
        {"type": "history", "room": "task:2", "data": {"before": seqs[0], "limit": 200}}, "history"
    )
    assert [e["seq"] for e in older["data"]["events"]] == list(range(1, seqs[0]))
    assert older["data"]["has_more"] is False


async def test_only_the_wanted_types_are_heard(carol: Person, bob: Person) -> None:
    picky, speaker = await connect(carol), await connect(bob)
    await join(picky, "project:1", types=["task.updated"])
    await join(speaker, "project:1")
    await speaker.ask(
        {"type": "send_message", "room": "project:1", "content": "x", "ref": 1}, "ack"
    )
    task = bob.get("examples/tasks/2/").json()
    bob.patch("examples/tasks/2/", {"title": task["title"] + "!"})
    assert (await picky.until(lambda f: f.get("room") == "project:1"))["type"] == "task.updated"


async def test_the_history_of_a_room_has_the_wanted_types_only(carol: Person) -> None:
    socket = await connect(carol)
    room = carol.new_channel()
    await join(socket, room)
    sent = [
        await socket.ask(
            {"type": "send_message", "room": room, "content": text, "ref": text}, "ack"
        )
        for text in ("one", "two")
    ]
    edit = {"message_id": str(sent[0]["data"]["id"]), "content": "1"}
    await socket.ask({"type": "edit_message", "room": room, "data": edit, "ref": 1}, "ack")
    joined = await join(socket, room, types=["message.new"], history=2)
    assert [event["seq"] for event in joined["data"]["history"]] == [ack["seq"] for ack in sent]


async def test_a_change_of_status_alone_is_told_alone(carol: Person, bob: Person) -> None:
    socket = await connect(carol)
    await join(socket, "task:2")
    bob.patch("examples/tasks/2/", {"status": "todo", "title": "A"})
    bob.patch("examples/tasks/2/", {"status": "done"})
    bob.patch("examples/tasks/2/", {"status": "in_progress", "title": "B"})
    types = []
    while types[-2:] != ["task.status_changed", "task.updated"] or len(types) < 3:
        frame = await socket.until(lambda f: f["type"].startswith("task."))
        types.append(frame["type"])
        if frame["data"]["title"] == "B" and frame["type"] == "task.updated":
            break
    assert types[-3:] == ["task.status_changed", "task.status_changed", "task.updated"]


async def test_signals_reach_one_member_only(carol: Person, bob: Person, alice: Person) -> None:
    caller, called, other = await connect(carol), await connect(bob), await connect(alice)
    for socket in (caller, called, other):
        await join(socket, "channel:1")
    bob_id = bob.get("auth/me/").json()["id"]
    await caller.send(
        {"type": "signal", "room": "channel:1", "data": {"to": bob_id, "sdp": "offer"}}
    )
    heard = await called.until("signal")
    assert (heard["data"]["sdp"], heard["data"]["from"]["username"]) == ("offer", "carol")
    assert "signal" not in [frame["type"] for frame in other.seen]
    stranger = {"type": "signal", "room": "channel:1", "data": {"to": "999999", "sdp": "x"}}
    assert (await caller.ask(stranger, "error"))["data"]["code"] == "invalid_field"


async def test_the_loss_of_membership_is_a_put_out(carol: Person, server: Any, demo: Any) -> None:
    project = carol.post("examples/projects/", {"name": "Secret"}).json()["id"]
    socket = await connect(carol)
    await join(socket, f"project:{project}")
    demo.shell(
        "from examples.projects.models import *;"
        f"Membership.objects.filter(project={project}).delete();"
        f"p = Project.objects.get(pk={project}); p.description = 'after'; p.save()"
    )
    left = await socket.until("room_left", seconds=10)
    assert left["data"] == {"reason": "forbidden"}
    assert "after" not in str(socket.seen)
    again = await socket.ask({"type": "join_room", "room": f"project:{project}"}, "error")
    assert again["data"]["code"] == "forbidden"


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "join_room"},
        {"type": "join_room", "room": ""},
        {"type": "join_room", "room": 7},
        {"type": "join_room", "room": "x" * 500},
        {"type": "join_room", "room": "channel:01"},
        {"type": "join_room", "room": "channel:1\n"},
        {"type": "join_room", "room": "channel:99999999999999999999"},
        {"type": "join_room", "room": "channel:1", "since": "1"},
        {"type": "join_room", "room": "channel:1", "since": -1},
        {"type": "join_room", "room": "channel:1", "types": "x"},
        {"type": "join_room", "room": "channel:1", "history": "all"},
        {"type": 5},
        {"type": None},
        {"type": "signal", "room": "channel:1", "data": "x"},
        {"type": "typing", "room": "channel:1", "data": {"state": "maybe"}},
        {"type": "history", "room": "channel:1", "data": {"before": "x"}},
        {"type": "authenticate"},
        {},
    ],
)
async def test_bad_frames_get_an_error_and_the_socket_stays(carol: Person, frame: Any) -> None:
    socket = await connect(carol)
    answer = await socket.ask({**frame, "ref": {"any": "thing"}}, "error")
    assert answer["ref"] == {"any": "thing"}
    assert answer["data"]["code"] in {
        "missing_field",
        "invalid_field",
        "forbidden",
        "not_joined",
        "unknown_type",
    }
    assert (await socket.ask({"type": "ping"}, "pong"))["type"] == "pong"
