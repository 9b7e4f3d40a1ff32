"""What is written of the interfaces agrees with what they do: OpenAPI, AsyncAPI, and frames recorded on all four endpoints."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.server import ROOT, Desk, Person
from tests.support.sockets import Frame, Socket

COMMITTED = ROOT / "docs" / "asyncapi.json"

CATCH_ALL = {"pushed_text", "own_event"}
"""Messages that fit anything: a frame that fits only one of these isn't described."""


def test_the_rest_interface_is_described_without_a_doubt(desk: Desk, tmp_path: Path) -> None:
    desk.manage(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml")
    )


def test_the_committed_description_of_the_sockets_is_the_one_that_is_generated(desk: Desk) -> None:
    """A change of the wire is a decision: `make asyncapi` writes it down, and the diff shows it."""
    assert json.loads(desk.manage("asyncapi")) == json.loads(COMMITTED.read_text())


class Recorder:
    """Sockets whose every frame, in and out, is checked against the committed document."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = json.loads(COMMITTED.read_text())
        self.seen: Counter[tuple[str, str]] = Counter()
        self.sockets: list[tuple[str, Socket, list[Frame]]] = []

    async def open(self, channel: str, person: Person, **query: Any) -> Recorded:
        path = self.document["channels"][channel]["address"]
        if "ticket" in query:
            path = path.replace("{ticket_id}", query.pop("ticket"))
        socket = await Socket.of(person, path, **query)
        sent: list[Frame] = []
        self.sockets.append((channel, socket, sent))
        return Recorded(socket, sent)

    def check(self) -> None:
        """
        Raises:
            AssertionError: a frame isn't what the document says.
        """
        for channel, socket, sent in self.sockets:
            for frame in sent:
                self._check(f"{channel}_accepts", frame)
            for frame in socket.seen:
                self._check(f"{channel}_tells", frame)

    def _check(self, operation: str, frame: Frame) -> None:
        fitting, faults = [], []
        for name, schema in self._messages(operation):
            fault = next(jsonschema.Draft202012Validator(schema).iter_errors(frame), None)
            if fault is None:
                fitting.append(name)
            elif _is_meant(schema, frame):
                faults.append(f"{name}: {fault.message} at {list(fault.path)}")
        assert not faults or fitting, (operation, frame, faults)
        assert set(fitting) - CATCH_ALL, f"{operation} doesn't describe {frame}"
        for name in fitting:
            self.seen[operation, name] += 1

    def _messages(self, operation: str) -> list[tuple[str, Any]]:
        names = [
            reference["$ref"].rpartition("/")[2]
            for reference in self.document["operations"][operation]["messages"]
        ]
        return [(n, self.document["components"]["messages"][n]["payload"]) for n in names]


def _is_meant(schema: dict[str, Any], frame: Frame) -> bool:
    """Whether a message is the one of this frame's type, whatever else is wrong with it."""
    for key in ("type", "action"):
        constant = schema.get("properties", {}).get(key, {}).get("const")
        if constant is not None and frame.get(key) == constant:
            return True
    return False


class Recorded:
    """A socket that keeps what it sends."""

    def __init__(self, socket: Socket, sent: list[Frame]) -> None:
        self.socket = socket
        self._sent = sent

    async def ask(self, frame: Frame, wanted: Any = None) -> Frame:
        self._sent.append(frame)
        return await self.socket.ask(frame, wanted)

    async def send(self, frame: Frame) -> None:
        self._sent.append(frame)
        await self.socket.send(frame)

    async def until(self, wanted: Any) -> Frame:
        return await self.socket.until(wanted)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


async def test_rooms_send_what_is_written(recorder: Recorder, alice: Person, carol: Person) -> None:
    one, two = await recorder.open("connect", alice), await recorder.open("connect", carol)
    await one.until("connected")
    for socket in (one, two):
        await socket.ask({"type": "join_room", "room": "channel:1"}, "room_joined")
    await two.ask({"type": "join_room", "room": "project:1", "since": 0}, "room_joined")
    said = {"content": "Hello", "client_id": "documents-1"}
    ack = await one.ask(
        {"type": "send_message", "room": "channel:1", "data": said, "ref": 1}, "ack"
    )
    message = {"message_id": str(ack["data"]["id"])}
    await one.send({"type": "typing", "room": "channel:1", "data": {"state": "start"}})
    await two.until("user.typing")
    edit = {**message, "content": "Hello!"}
    await one.ask({"type": "edit_message", "room": "channel:1", "data": edit}, "message.edited")
    await one.ask({"type": "history", "room": "channel:1", "data": {"limit": 5}}, "history")
    await one.ask(
        {"type": "delete_message", "room": "channel:1", "data": message}, "message.deleted"
    )
    signal = {"to": carol.get("auth/me/").json()["id"], "offer": {"sdp": "…"}}
    await one.send({"type": "signal", "room": "channel:1", "data": signal})
    await two.until("signal")
    await one.ask({"type": "join_room", "room": "task:404"}, "error")
    task = carol.post("examples/tasks/", {"project": 1, "title": "Write"}).json()["id"]
    carol.patch(f"examples/tasks/{task}/", {"title": "Write it", "status": "done"})
    carol.delete(f"examples/tasks/{task}/")
    await two.until("task.deleted")
    await one.ask({"type": "authenticate", "token": alice.access}, "authenticated")
    await one.ask({"type": "ping"}, "pong")
    await one.ask({"type": "leave_room", "room": "channel:1"}, "room_left")
    await two.until("user_left")
    recorder.check()
    heard = {name for operation, name in recorder.seen if operation == "connect_tells"}
    assert heard >= {
        *("connected", "room_joined", "room_left", "user_left", "user.typing", "ack", "pong"),
        *("message.new", "message.edited", "message.deleted", "history_page", "signal_relayed"),
        *("task.created", "task.status_changed", "task.updated", "task.deleted", "error"),
    }


async def test_a_tickets_chat_sends_what_is_written(
    recorder: Recorder, alice: Person, carol: Person, ticket: dict[str, Any]
) -> None:
    agent = await recorder.open("ticket", alice, ticket=ticket["id"])
    owner = await recorder.open("ticket", carol, ticket=ticket["id"])
    await owner.until("connected")
    said = await owner.ask({"content": "It is the red one.", "client_id": "d-1"}, "message.new")
    message = {"message_id": said["data"]["id"]}
    await agent.ask({"content": "Not for customers", "kind": "note", "ref": 2}, "ack")
    await agent.ask({"type": "react", "data": {**message, "emoji": "👍"}}, "reaction.added")
    await agent.ask({"type": "unreact", "data": {**message, "emoji": "👍"}}, "reaction.removed")
    await owner.ask({"type": "read", "data": {"seq": said["seq"]}}, "message.read")
    edit = {**message, "content": "It is the **red** one."}
    await owner.ask({"type": "edit_message", "data": edit}, "message.edited")
    await owner.ask({"type": "delete_message", "data": message}, "message.deleted")
    me = alice.get("auth/me/").json()["id"]
    path = f"tickets/{ticket['id']}/"
    alice.post(f"{path}assign/", {"assignee": me})
    alice.post(f"{path}transition/", {"status": "pending"})
    etag = alice.get(path).headers["etag"]
    alice.patch(path, {"subject": "It broke again", "tags": ["red"]}, **{"If-Match": etag})
    await owner.until("ticket.updated")
    await agent.until("ticket.details_changed")
    recorder.check()
    heard = {name for operation, name in recorder.seen if operation == "ticket_tells"}
    assert heard >= {
        *("connected", "message.new", "message.edited", "message.deleted", "message.read", "ack"),
        *("reaction.added", "reaction.removed", "ticket.assigned", "ticket.status_changed"),
        *("ticket.updated", "ticket.details_changed"),
    }


async def test_notifications_send_what_is_written(
    recorder: Recorder, alice: Person, carol: Person, ticket: dict[str, Any]
) -> None:
    socket = await recorder.open("notifications", carol)
    await socket.until("connected")
    alice.post(f"tickets/{ticket['id']}/messages/", {"content": "@carol which one?"})
    await socket.until("notification")
    carol.post("notifications/mark-all-read/")
    await socket.until("notification.counts")
    await socket.ask({"type": "ping"}, "pong")
    await socket.ask({"type": "authenticate", "token": carol.access}, "authenticated")
    await socket.ask({"type": "authenticate", "token": "x.y.z"}, "error")
    recorder.check()
    heard = {name for operation, name in recorder.seen if operation == "notifications_tells"}
    assert heard >= {"connected", "notification", "counts", "pong", "authenticated", "error"}


async def test_the_older_clients_are_sent_what_is_written(
    recorder: Recorder, alice: Person, carol: Person
) -> None:
    socket = await recorder.open("classic", alice)
    await socket.until("dashboard.update")
    await socket.ask({"action": "subscribe", "topic": "list:1"}, _has("action", "subscribed"))
    await socket.ask({"action": "subscribe", "topic": "list:404"}, _has("error", "Forbidden"))
    item = carol.post("examples/items/", {"list": 1, "name": "Kite"}).json()["id"]
    carol.patch(f"examples/items/{item}/", {"status": "bought"})
    carol.delete(f"examples/items/{item}/")
    await socket.until(_has("event", "DELETED"))
    await socket.ask({"action": "unsubscribe", "topic": "list:1"}, _has("action", "unsubscribed"))
    await socket.ask({"action": "ping"}, _has("action", "pong"))
    await socket.ask({"type": "join_room", "room": "project:1"}, "joined_room")
    carol.patch("examples/projects/1/", {"description": "By summer."})
    await socket.until("project.updated")
    await socket.ask({"type": "leave_room", "room": "project:1"}, "left_room")
    await socket.ask({"type": "join_room", "room": "project:404"}, "error")
    ticket = carol.new_ticket("For @alice")
    alice.post(f"tickets/{ticket['id']}/transition/", {"status": "pending"})
    await socket.until("ticket.updated")
    carol.post(f"tickets/{ticket['id']}/messages/", {"content": "@alice are you there?"})
    await socket.until("notification")
    stock = alice.post("examples/stock/", {"name": "Ink", "quantity": 9, "threshold": 5}).json()
    alice.patch(f"examples/stock/{stock['id']}/", {"quantity": 1})
    await socket.until("inventory.low_stock")
    await socket.ask({"type": "ping"}, "pong")
    recorder.check()
    heard = {name for operation, name in recorder.seen if operation == "classic_tells"}
    assert heard >= {
        *("subscribed", "unsubscribed", "topic_event", "topic_error", "action_pong", "pong"),
        *("joined_room", "left_room", "error", "project.updated", "unasked_notification"),
        *("unasked_ticket_created", "unasked_ticket_updated", "unasked_dashboard_update"),
        "unasked_inventory_low_stock",
    }


def _has(key: str, value: str) -> Any:
    return lambda frame: frame.get(key) == value


def test_a_frame_that_is_not_described_is_noticed(recorder: Recorder) -> None:
    wrong = [
        {"type": "message.invented", "room": "channel:1", "data": {}},
        {"type": "room_joined", "room": "channel:1", "data": {"seq": "7"}},
    ]
    for frame in wrong:
        with pytest.raises(AssertionError):
            recorder._check("connect_tells", frame)
