"""Protocol, section 5: topic, event and push clients on /ws."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.server import Desk, Person
from tests.support.sockets import Socket

TOPIC_ANSWERS: list[tuple[Any, Any]] = [
    ({"action": "ping"}, {"action": "pong"}),
    ({"action": "subscribe"}, {"error": "Topic is required for subscribe action"}),
    ({"action": "subscribe", "topic": ""}, {"error": "Topic is required for subscribe action"}),
    ({"action": "unsubscribe"}, {"error": "Topic is required for unsubscribe action"}),
    ({"action": "subscribe", "topic": "list:99"}, {"error": "Forbidden", "topic": "list:99"}),
    ({"action": "subscribe", "topic": "nope"}, {"error": "Forbidden", "topic": "nope"}),
    (
        {"action": "unsubscribe", "topic": "list:1"},
        {"action": "unsubscribed", "topic": "list:1"},
    ),
    ({"type": "ping"}, {"type": "pong"}),
    ({"type": "leave_room", "room": "r"}, {"type": "left_room", "data": {"room": "r"}}),
]


async def quiet(person: Person) -> Socket:
    """A socket that hears nothing unasked."""
    return await Socket.of(person, "/ws", events="0")


@pytest.mark.parametrize(("frame", "answer"), TOPIC_ANSWERS)
async def test_the_answers_of_the_table(carol: Person, frame: Any, answer: Any) -> None:
    assert await (await quiet(carol)).ask(frame) == answer


@pytest.mark.parametrize(
    "frame", ["nonsense", "[]", {"x": 1}, {"action": 5}, {"action": "subscribe", "topic": 5}]
)
async def test_what_is_no_frame_of_a_topic_client(carol: Person, frame: Any) -> None:
    answer = await (await quiet(carol)).ask(frame)
    assert answer["error"] == "Invalid message format"
    assert answer["details"]


async def test_unknown_actions_and_types_get_nothing(carol: Person) -> None:
    socket = await quiet(carol)
    await socket.send({"action": "dance"})
    await socket.send({"type": "dance"})
    assert await socket.is_silent()


@pytest.mark.parametrize("topic", ["list:1", "occasion:1", "list-items:all", "gifts:all"])
async def test_the_family_hears_its_topics_and_others_do_not(
    carol: Person, dave: Person, topic: str
) -> None:
    subscribed = await (await quiet(carol)).ask({"action": "subscribe", "topic": topic})
    assert subscribed["action"] == "subscribed"
    assert subscribed["topic"] == topic
    refused = await (await quiet(dave)).ask({"action": "subscribe", "topic": topic})
    assert refused == {"error": "Forbidden", "topic": topic}


async def test_the_six_verbs(carol: Person, alice: Person) -> None:
    socket = await quiet(carol)
    await socket.ask({"action": "subscribe", "topic": "list:1"})
    item = alice.post("examples/items/", {"list": 1, "name": "Kite"}).json()["id"]
    alice.patch(f"examples/items/{item}/", {"name": "Red kite"})
    alice.patch(f"examples/items/{item}/", {"status": "reserved"})
    alice.patch(f"examples/items/{item}/", {"assignee": int(alice.get("auth/me/").json()["id"])})
    alice.post("examples/comments/", {"item": item, "content": "Nice"})
    alice.delete(f"examples/items/{item}/")
    verbs = ["ADDED", "UPDATED", "STATUS_CHANGED", "ASSIGNED", "COMMENT_ADDED"]
    for verb in verbs:
        frame = await socket.until(lambda f: f.get("topic") == "list:1")
        assert frame["event"] == verb
        assert set(frame["data"]) == {"entity_id", "payload", "user_id", "timestamp"}
        if verb != "COMMENT_ADDED":
            assert frame["data"]["entity_id"] == str(item)
            assert set(frame["data"]["payload"]) == {
                *("id", "list_id", "name", "status", "assignee_id")
            }
    # The comment goes with its item, and is told as deleted, too.
    gone = [await socket.until(lambda f: f.get("event") == "DELETED") for _ in range(2)]
    assert str(item) in [frame["data"]["entity_id"] for frame in gone]


async def test_an_event_client_joins_a_room(carol: Person, dave: Person) -> None:
    joined = await (await quiet(carol)).ask({"type": "join_room", "room": "list:1"})
    assert joined["type"] == "joined_room"
    assert joined["data"]["room"] == "list:1"
    refused = await (await quiet(dave)).ask({"type": "join_room", "room": "list:1"})
    assert (refused["type"], refused["data"]["code"]) == ("error", "forbidden")
    assert refused["error"] == refused["data"]["error"]


async def test_a_topic_client_that_unsubscribes_leaves_nobody_elses_room(
    carol: Person, bob: Person
) -> None:
    room = carol.new_channel()
    both, other = await quiet(carol), await quiet(bob)
    for socket in (other, both):
        await socket.ask({"type": "join_room", "room": room}, "joined_room")
    await other.until("user_joined")
    for action in ("subscribe", "unsubscribe"):
        await both.ask({"action": action, "topic": room})
    signal = {"to": carol.get("auth/me/").json()["id"], "sdp": "x"}
    calling = await Socket.of(bob)
    await calling.ask({"type": "join_room", "room": room}, "room_joined")
    await calling.send({"type": "signal", "room": room, "data": signal})
    assert (await both.until("signal"))["data"]["sdp"] == "x"
    assert "user_left" not in [frame.get("type") for frame in other.seen]
    await both.ask({"type": "leave_room", "room": room}, "left_room")
    assert (await other.until("user_left"))["data"]["username"] == "carol"


async def test_event_clients_hear_of_tickets_they_can_see(
    carol: Person, alice: Person, dave: Person
) -> None:
    agent, stranger = await Socket.of(alice, "/ws"), await Socket.of(dave, "/ws")
    ticket = carol.new_ticket("Printer on fire")
    heard = await agent.until(lambda f: is_ticket(f, "ticket.created", ticket["id"]))
    assert heard["data"]["title"] == "Printer on fire"
    assert {"id", "number", "title", "priority", "status"} <= set(heard["data"])
    owner = await Socket.of(carol, "/ws")
    alice.post(f"tickets/{ticket['id']}/transition/", {"status": "pending"})
    for socket in (agent, owner):
        heard = await socket.until(lambda f: is_ticket(f, "ticket.updated", ticket["id"]))
        assert heard["data"]["status"] == "pending"
    await stranger.ask({"type": "ping"}, "pong")
    assert ticket["id"] not in str(stranger.seen)


def is_ticket(frame: dict[str, Any], type: str, ticket_id: str) -> bool:
    return frame.get("type") == type and frame["data"]["id"] == ticket_id


async def test_the_staff_gets_the_dashboard_and_low_stock(alice: Person, carol: Person) -> None:
    staff, customer = await Socket.of(alice, "/ws"), await Socket.of(carol, "/ws")
    board = await staff.until("dashboard.update")
    topic = await quiet(alice)
    await topic.ask({"action": "subscribe", "topic": "dashboard"})
    room = await Socket.of(alice)
    await room.ask({"type": "join_room", "room": "dashboard"}, "room_joined")
    carol.new_ticket()
    for frame in (
        await topic.until(lambda frame: frame.get("event") == "DASHBOARD_UPDATE"),
        await room.until("dashboard.update"),
    ):
        assert {"id", "seq"}.isdisjoint(frame)
    assert set(board["data"]) == set(alice.get("dashboard/stats/").json())
    item = alice.post("examples/stock/", {"name": "Tape", "quantity": 20, "threshold": 5}).json()
    for quantity in (4, 3, 20, 5):
        alice.patch(f"examples/stock/{item['id']}/", {"quantity": quantity})
    for quantity in (4, 5):
        low = await staff.until("inventory.low_stock")
        assert low["data"]["items"][0]["quantity"] == quantity
    await customer.ask({"type": "ping"}, "pong")
    assert {"dashboard.update", "inventory.low_stock"}.isdisjoint(
        frame.get("type") for frame in customer.seen
    )


async def until_offline(asker: Person, username: str) -> None:
    """Returns once nobody is told to be here by this name: other tests' sockets have just gone."""
    async with asyncio.timeout(20):
        while username in [one["username"] for one in asker.get("presence/").json()["results"]]:
            await asyncio.sleep(0.05)


async def test_presence_is_told_to_the_staff_and_never_to_oneself(desk: Desk) -> None:
    server = desk.serve("uvicorn", PRESENCE_GRACE="0.2")
    alice, dave = Person(server, "alice"), Person(server, "dave")
    await until_offline(alice, "dave")
    staff = await Socket.of(alice, "/ws")
    await staff.ask({"type": "ping"}, "pong")
    one = await Socket.of(dave, "/ws")
    dave_id = dave.get("auth/me/").json()["id"]
    online = await staff.until("user.online")
    assert online["data"] == {"user_id": dave_id}
    two = await Socket.of(dave, "/ws")
    await two.ask({"type": "ping"}, "pong")
    await one.close()
    await two.close()
    assert (await staff.until("user.offline"))["data"] == {"user_id": dave_id}
    kinds = [frame["type"] for frame in staff.seen if frame["type"].startswith("user.")]
    assert kinds == ["user.online", "user.offline"]
    assert not [frame for frame in one.seen + two.seen if frame["type"].startswith("user.")]
    server.kill()


async def test_events_0_turns_all_of_it_off(alice: Person, carol: Person) -> None:
    socket = await quiet(alice)
    carol.new_ticket("Nobody hears me")
    assert await socket.is_silent()
