"""Protocol, section 3: one user's notifications."""

from __future__ import annotations

from typing import Any

from tests.support.server import Person
from tests.support.sockets import Socket

PATH = "/api/v1/ws/notifications"


async def test_a_reply_notifies_the_requester_and_not_its_author(
    carol: Person, alice: Person, ticket: dict[str, Any]
) -> None:
    mine, theirs = await Socket.of(carol, PATH), await Socket.of(alice, PATH)
    hello = await mine.receive()
    assert hello["type"] == "connected"
    await theirs.receive()
    alice.post(f"tickets/{ticket['id']}/messages/", {"content": "We are on it."})
    frame = await mine.until("notification")
    assert frame["seq"] == hello["data"]["seq"] + 1
    assert {"id", "event", "url", "actor", "title", "message"} <= set(frame["payload"])
    assert frame["payload"]["actor"]["username"] == "alice"
    assert await theirs.is_silent()


async def test_read_state_arrives_as_absolute_counters(
    carol: Person, alice: Person, ticket: dict[str, Any]
) -> None:
    socket = await Socket.of(carol, PATH)
    await socket.receive()
    alice.post(f"tickets/{ticket['id']}/messages/", {"content": "Hello"})
    await socket.until("notification")
    assert carol.post("notifications/mark-all-read/").status_code == 200
    counts = await socket.until("notification.counts")
    assert counts["payload"]["unread"] == 0
    assert carol.get("notifications/counts/").json()["unread"] == 0


async def test_a_reply_that_was_edited_or_taken_back_is_quoted_as_it_is_now(
    carol: Person, alice: Person, ticket: dict[str, Any]
) -> None:
    socket = await Socket.of(carol, PATH)
    place = (await socket.receive())["data"]
    messages = f"tickets/{ticket['id']}/messages/"
    said = alice.post(messages, {"content": "My password is swordfish"}).json()
    new = await socket.until("notification")
    assert "swordfish" in new["payload"]["message"]

    assert alice.patch(f"{messages}{said['id']}/", {"content": "Look it up"}).status_code == 200
    edited = await socket.until("notification.updated")
    assert edited["seq"] == new["seq"] + 1
    assert edited["payload"]["id"] == new["payload"]["id"]
    assert edited["payload"]["message"] == "alice: Look it up"
    assert carol.get("notifications/").json()["results"][0]["message"] == "alice: Look it up"

    assert alice.delete(f"{messages}{said['id']}/").status_code == 204
    withdrawn = await socket.until("notification.updated")
    assert withdrawn["payload"]["data"]["withdrawn"] is True
    assert "Look it up" not in carol.get("notifications/").text

    again = await Socket.of(carol, PATH, since=place["seq"], epoch=place["epoch"])
    await again.until(lambda frame: frame.get("seq") == withdrawn["seq"])
    assert "swordfish" not in str(again.seen)
    assert "Look it up" not in str(again.seen)


async def test_missed_notifications_are_replayed(
    carol: Person, alice: Person, ticket: dict[str, Any]
) -> None:
    socket = await Socket.of(carol, PATH)
    place = (await socket.receive())["data"]
    await socket.close()
    alice.post(f"tickets/{ticket['id']}/messages/", {"content": "While you were away"})
    back = await Socket.of(carol, PATH, since=place["seq"], epoch=place["epoch"])
    assert (await back.receive())["data"]["resumed"] is True
    assert (await back.until("notification"))["seq"] == place["seq"] + 1


async def test_it_only_listens(carol: Person) -> None:
    socket = await Socket.of(carol, PATH)
    await socket.receive()
    assert (await socket.ask({"type": "ping"}))["type"] == "pong"
    answer = await socket.ask({"type": "join_room", "room": "project:1"})
    assert (answer["type"], answer["data"]["code"]) == ("error", "unknown_type")


async def test_the_list_names_its_place_in_the_stream(carol: Person) -> None:
    listed = carol.get("notifications/").json()
    socket = await Socket.of(carol, PATH)
    hello = await socket.receive()
    assert (listed["seq"], listed["epoch"]) == (hello["data"]["seq"], hello["data"]["epoch"])
