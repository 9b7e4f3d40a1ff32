"""Two processes without Redis: no channel layer tells one what the other saw, so each tells its own sockets, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from realtime.tests.presence.conftest import LEASE, LONG_LEASE, PATIENCE
from realtime.tests.presence.nodes import Node, eventually

ROOM = "channel:1"
StartNodes = Callable[..., list[Node]]


@pytest.fixture(params=["sqlite", "postgresql"])
def alone(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of processes that share a database and nothing else."""
    environment: dict[str, str] = request.getfixturevalue(request.param)
    return {**environment, "NODE_LAYER": "memory"}


def test_both_hear_who_comes_online_and_goes_offline(
    alone: dict[str, str], start_nodes: StartNodes
) -> None:
    here, there = start_nodes(alone, 2, lease=LONG_LEASE)
    here.open("a", "7")
    there.wait_for_news("online", "7", "")
    there.open("b", "7")
    there.close("b")
    here.close("a")
    here.wait_for_news("offline", "7", "")
    there.wait_for_news("offline", "7", "")

    for node in (here, there):
        assert node.news == [("online", "7", ""), ("offline", "7", "")]


def test_a_room_hears_of_members_at_other_processes(
    alone: dict[str, str], start_nodes: StartNodes
) -> None:
    here, there = start_nodes(alone, 2, lease=LONG_LEASE)
    here.open("a", "7")
    here.join("a", ROOM)
    assert here.call("members", topic=ROOM) == ["7"]
    there.open("b", "8")
    assert there.join("b", ROOM) is True
    assert there.call("members", topic=ROOM) == ["7", "8"]
    here.wait_for_news("joined", "8", ROOM)
    assert there.leave("b", ROOM) is True
    here.wait_for_news("left", "8", ROOM)

    there.open("c", "9")
    there.join("c", ROOM)
    here.wait_for_news("joined", "9", ROOM)
    there.close("c")
    here.wait_for_news("left", "9", ROOM)
    rooms = [news for news in here.news if news[2] == ROOM]
    assert rooms == [
        ("joined", "8", ROOM),
        ("left", "8", ROOM),
        ("joined", "9", ROOM),
        ("left", "9", ROOM),
    ]


def test_all_survivors_of_a_crash_tell_who_is_gone(
    alone: dict[str, str], start_nodes: StartNodes
) -> None:
    doomed, here, there = start_nodes(alone, 3)
    doomed.open("a", "7")
    doomed.open("b", "8")
    there.open("c", "8")
    for node in (here, there):
        node.wait_for_news("online", "7", "")
    doomed.kill()
    for node in (here, there):
        node.wait_for_news("offline", "7", "", within=LEASE + PATIENCE)
        assert node.news.count(("offline", "7", "")) == 1
        assert ("offline", "8", "") not in node.news


def test_a_process_that_starts_later_knows_who_was_there_and_tells_nothing_of_them(
    alone: dict[str, str], start_nodes: StartNodes
) -> None:
    (here,) = start_nodes(alone, lease=LONG_LEASE)
    here.open("a", "7")
    (there,) = start_nodes(alone, lease=LONG_LEASE)
    there.open("b", "8")
    here.wait_for_news("online", "8", "")
    here.close("a")
    there.wait_for_news("offline", "7", "")
    assert there.news == [("online", "8", ""), ("offline", "7", "")]
    eventually(lambda: here.call("online") == ["8"])
