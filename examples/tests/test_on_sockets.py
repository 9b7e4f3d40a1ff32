"""What somebody changes in the admin arrives at the sockets of those who may hear it, and at no others."""

from __future__ import annotations

from typing import Any

from tests.support.admin import AdminVisitor
from tests.support.server import Person
from tests.support.sockets import Frame, Socket


async def _in_room(person: Person, room: str) -> Socket:
    socket = await Socket.of(person)
    await socket.until("connected")
    await socket.ask({"type": "join_room", "room": room}, "room_joined")
    return socket


def _switches(name: str, active: bool) -> Any:
    data = {"name": name, "active": active}
    return lambda frame: (frame.get("type"), frame.get("data")) == ("flag.updated", data)


async def test_a_task_that_is_done_in_the_admin_is_done_on_the_sockets(
    admin: AdminVisitor, carol: Person, dave: Person
) -> None:
    task, project = await _in_room(carol, "task:1"), await _in_room(carol, "project:1")
    stranger = await Socket.of(dave)
    refused = await stranger.ask({"type": "join_room", "room": "task:1"}, "error")
    assert refused["data"]["code"] == "forbidden"
    admin.save("/admin/projects/task/1/change/", status="done")
    for socket, room in ((task, "task:1"), (project, "project:1")):
        event = await socket.until("task.status_changed")
        assert (event["room"], event["sender"]) == (room, "alice")
        assert event["data"]["status"] == "done"
        await socket.ask({"type": "ping"}, "pong")
        assert "task.updated" not in [frame["type"] for frame in socket.seen]
    await stranger.ask({"type": "ping"}, "pong")
    assert "task.status_changed" not in str(stranger.seen)


async def test_whoever_is_taken_off_a_project_in_the_admin_is_put_out_of_its_rooms(
    admin: AdminVisitor, bob: Person, carol: Person
) -> None:
    out = [await _in_room(bob, room) for room in ("project:1", "channel:1", "task:1")]
    stays = await _in_room(carol, "project:1")
    admin.save("/admin/projects/project/1/change/", **{"memberships-1-user": "1"})
    for socket in out:
        left = await socket.until("room_left")
        assert left["data"]["reason"] == "forbidden"
    admin.save("/admin/projects/project/1/change/", description="Without Bob")
    assert (await stays.until("project.updated"))["data"]["description"] == "Without Bob"
    for socket in out:
        await socket.ask({"type": "ping"}, "pong")
        assert "Without Bob" not in str(socket.seen)


async def test_gifts_and_items_change_for_topic_clients(
    admin: AdminVisitor, carol: Person, dave: Person
) -> None:
    socket, stranger = await Socket.of(carol, "/ws"), await Socket.of(dave, "/ws")
    topics = ("list:1", "list-items:all", "occasion:1", "gifts:all")
    for topic in topics:
        subscribe = {"action": "subscribe", "topic": topic}
        await socket.ask(subscribe, lambda f: f.get("action") == "subscribed")
        await stranger.ask(subscribe, lambda f: f.get("error") == "Forbidden")
    admin.save("/admin/gifting/item/1/change/", status="bought")
    admin.save("/admin/gifting/gift/1/change/", status="ready", name="Photo book")
    told: list[Frame] = []
    while len(told) < 6:
        told.append(await socket.until(lambda frame: "topic" in frame and "event" in frame))
    heard = {
        topic: [(f["event"], f["data"]["payload"]["status"]) for f in told if f["topic"] == topic]
        for topic in topics
    }
    bought = [("STATUS_CHANGED", "bought")]
    ready = [("STATUS_CHANGED", "ready"), ("UPDATED", "ready")]
    assert heard == dict(zip(topics, (bought, bought, ready, ready), strict=True))
    await stranger.ask({"type": "ping"}, "pong")
    assert not [frame for frame in stranger.seen if "topic" in frame and "event" in frame]


async def test_low_stock_is_told_to_the_staff(
    admin: AdminVisitor, bob: Person, carol: Person
) -> None:
    staff, customer = await Socket.of(bob, "/ws"), await Socket.of(carol, "/ws")
    for socket in (staff, customer):
        await socket.ask({"type": "ping"}, "pong")
    for quantity in (9, 8):
        admin.save("/admin/inventory/item/1/change/", quantity=str(quantity))
    low = await staff.until("inventory.low_stock")
    assert low["data"]["items"] == [{"id": 1, "name": "Toner", "quantity": 9, "threshold": 10}]
    for socket in (staff, customer):
        await socket.ask({"type": "ping"}, "pong")
    told = [frame for frame in staff.seen if frame["type"] == "inventory.low_stock"]
    assert len(told) == 1
    assert "inventory.low_stock" not in [frame["type"] for frame in customer.seen]


async def test_a_flag_of_somebody_elses_package_switches_for_each_user_as_it_is_for_them(
    admin: AdminVisitor, carol: Person, dave: Person
) -> None:
    theirs = {person.username: person.get("examples/flags/").json() for person in (carol, dave)}
    assert theirs["carol"]["flags"] == {"new-editor": True, "night-mode": False}
    assert theirs["dave"]["flags"] == {"new-editor": False, "night-mode": False}
    sockets = [await Socket.of(person, "/ws") for person in (carol, dave)]
    for socket in sockets:
        await socket.ask({"type": "ping"}, "pong")
    dave_id, carol_id = (p.get("auth/me/").json()["id"] for p in (dave, carol))
    path = "/admin/waffle/flag/1/change/"
    for chosen, expected in (([dave_id], (False, True)), ([carol_id], (True, False))):
        admin.save(path, users=chosen)
        for socket, active in zip(sockets, expected, strict=True):
            await socket.until(_switches("new-editor", active))
    admin.save("/admin/waffle/flag/2/change/", everyone="true")
    for socket in sockets:
        await socket.until(_switches("night-mode", True))


async def test_the_page_of_the_flags_needs_nothing_from_elsewhere(carol: Person) -> None:
    page = carol.http.get(f"{carol.server.url}/examples/flags/")
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert 'data-flag="new-editor"' in page.text
    for name in ("page.js", "page.css"):
        assert carol.http.get(f"{carol.server.url}/static/flags/{name}").status_code == 200
