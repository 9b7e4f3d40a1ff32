"""What was taken back isn't replayed, whatever a server has in memory."""

from __future__ import annotations

import pytest

from tests.support.server import Person, Server
from tests.support.sockets import Socket


@pytest.mark.parametrize("change", ["edit", "delete"])
async def test_a_replay_doesnt_tell_what_was_taken_back(own_server: Server, change: str) -> None:
    carol = Person(own_server, "carol")
    ticket = carol.new_ticket()["id"]
    path = f"/api/v1/ws/tickets/{ticket}"
    listens = await Socket.of(carol, path, since=0)
    said = carol.post(f"tickets/{ticket}/messages/", {"content": "My password is swordfish"}).json()
    await listens.until(lambda frame: "swordfish" in str(frame))
    earlier = await Socket.of(carol, path, since=0)
    await earlier.until(lambda frame: "swordfish" in str(frame))

    message = f"tickets/{ticket}/messages/{said['id']}/"
    if change == "edit":
        assert carol.patch(message, {"content": "Never mind"}).status_code == 200
    else:
        assert carol.delete(message).status_code == 204
    withdrawn = "message.edited" if change == "edit" else "message.deleted"
    last = (await listens.until(withdrawn))["seq"]

    later = await Socket.of(carol, path, since=0)
    await later.until(withdrawn)
    assert [frame["seq"] for frame in later.seen if "seq" in frame] == list(range(1, last + 1))
    assert "swordfish" not in str(later.seen)
    past = await later.ask({"type": "history", "data": {"limit": 50}}, "history")
    assert len(past["data"]["events"]) == last
    assert "swordfish" not in str(past)
