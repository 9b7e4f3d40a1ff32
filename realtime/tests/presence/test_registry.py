"""Who is online and who is in a room, over two processes on each kind of store."""

from __future__ import annotations

import time
from collections.abc import Callable

from realtime.tests.presence.conftest import GRACE, LEASE, LONG_LEASE, PATIENCE
from realtime.tests.presence.nodes import Node, eventually

ROOM = "channel:1"


def test_a_user_is_online_from_the_first_connection_to_the_last(nodes: list[Node]) -> None:
    here, there = nodes
    assert here.open("a", "7") is True
    assert there.open("b", "7") is False
    assert there.call("online") == ["7"]

    here.close("a")
    assert there.call("counts") == {"7": 1}
    there.close("b")
    eventually(lambda: ("offline", "7", "") in here.news + there.news)

    assert here.call("online") == []
    assert sorted(here.news + there.news) == [("offline", "7", ""), ("online", "7", "")]


def test_the_limit_holds_however_many_try_at_once(nodes: list[Node]) -> None:
    tries = [
        (node, node.ask("open", connection_id=f"{name}{i}", user_id="7", limit=3))
        for i in range(10)
        for name, node in zip("ab", nodes, strict=True)
    ]
    answers = [node.answer(number) for node, number in tries]

    assert answers.count("too many") == 17
    assert answers.count(True) == 1
    assert nodes[0].call("counts") == {"7": 3}
    assert nodes[0].open("x", "8", limit=3) is True


def test_a_refused_connection_leaves_nothing_behind(nodes: list[Node]) -> None:
    here, there = nodes
    here.open("a", "7", limit=1)
    assert there.open("b", "7", limit=1) == "too many"
    here.close("a")
    assert there.open("c", "7", limit=1) is False
    assert there.call("counts") == {"7": 1}


def test_a_reconnect_within_the_grace_is_no_news(
    shared: dict[str, str], start_nodes: Callable[..., list[Node]]
) -> None:
    here, there = start_nodes(shared, 2, grace=1)
    here.open("a", "7")
    here.join("a", ROOM)
    here.close("a")
    assert there.call("online") == ["7"]
    assert there.call("members", topic=ROOM) == ["7"]

    assert there.open("b", "7") is False
    assert there.join("b", ROOM) is False
    # Another user's departure, due later: when it is told, the first would have been.
    here.open("z", "9")
    here.close("z")
    eventually(lambda: ("offline", "9", "") in here.news + there.news)

    assert ("offline", "7", "") not in here.news + there.news
    assert ("left", "7", ROOM) not in here.news + there.news
    assert [news for news in here.news + there.news if news[1] == "7"] == [("online", "7", "")]


def test_a_room_has_the_users_of_all_processes(nodes: list[Node]) -> None:
    here, there = nodes
    here.open("a", "7")
    there.open("b", "7")
    there.open("c", "8")
    assert here.join("a", ROOM) is True
    assert there.join("b", ROOM) is False
    assert there.join("c", ROOM) is True
    assert here.call("members", topic=ROOM) == ["7", "8"]

    assert here.leave("a", ROOM) is False
    assert there.leave("b", ROOM) is True
    assert here.call("members", topic=ROOM) == ["8"]


def test_joining_twice_counts_once(nodes: list[Node]) -> None:
    here, there = nodes
    here.open("a", "7")
    assert here.join("a", ROOM) is True
    assert here.join("a", ROOM) is False
    assert here.leave("a", ROOM) is True
    assert here.leave("a", ROOM) is False
    assert there.call("members", topic=ROOM) == []


def test_who_disconnects_has_left_the_room_after_the_grace(nodes: list[Node]) -> None:
    here, there = nodes
    here.open("a", "7")
    here.join("a", ROOM)
    closed_at = time.monotonic()
    here.close("a")
    eventually(lambda: ("left", "7", ROOM) in here.news + there.news)

    assert GRACE <= time.monotonic() - closed_at < GRACE + 1
    assert there.call("members", topic=ROOM) == []


def test_after_kill_9_its_users_are_told_offline_once_and_their_slots_are_free(
    shared: dict[str, str], start_nodes: Callable[..., list[Node]]
) -> None:
    doomed, here, there = start_nodes(shared, 3)
    for i in range(3):
        doomed.open(f"a{i}", "7", limit=3)
    doomed.join("a0", ROOM)
    doomed.open("b", "8")
    here.open("c", "8")
    assert here.open("d", "7", limit=3) == "too many"

    doomed.kill()
    killed_at = time.monotonic()
    eventually(lambda: here.open("e", "7", limit=1) in (True, False), within=LEASE + 0.5)
    here.close("e")
    eventually(lambda: ("offline", "7", "") in here.news + there.news, within=LEASE + PATIENCE)
    assert time.monotonic() - killed_at < LEASE * 1.5 + 3

    told = here.news + there.news
    assert told.count(("offline", "7", "")) == 1
    assert told.count(("left", "7", ROOM)) == 1
    assert ("offline", "8", "") not in told
    assert there.call("counts") == {"8": 1}
    assert there.call("members", topic=ROOM) == []


def test_each_process_that_died_is_counted_once(
    shared: dict[str, str], start_nodes: Callable[..., list[Node]]
) -> None:
    doomed = start_nodes(shared, 3)
    doomed[0].open("a", "7")
    doomed[1].open("b", "8")
    for node in doomed:
        node.kill()
    (survivor,) = start_nodes(shared)
    eventually(lambda: survivor.call("reaped") == 3, within=LEASE + PATIENCE)
    assert survivor.call("counts") == {}


def test_who_reconnects_elsewhere_after_a_crash_was_never_away(
    shared: dict[str, str], start_nodes: Callable[..., list[Node]]
) -> None:
    doomed, here = start_nodes(shared, 2)
    doomed.open("a", "7")
    doomed.open("b", "9")
    doomed.kill()
    assert here.open("c", "7") is False
    here.wait_for_news("offline", "9", "", within=LEASE + PATIENCE)

    assert [news for news in here.news if news[1] == "7"] == []
    assert here.call("online") == ["7"]


def test_a_process_that_stops_frees_its_slots_at_once(nodes: list[Node]) -> None:
    here, there = nodes
    for i in range(3):
        here.open(f"a{i}", "7", limit=3)
    here.call("stop")

    assert there.open("b", "7", limit=3) is False
    assert there.call("counts") == {"7": 1}


def test_a_process_that_was_frozen_comes_back_with_its_users(nodes: list[Node]) -> None:
    frozen, here = nodes
    frozen.open("a", "7")
    frozen.join("a", ROOM)
    frozen.freeze()
    here.wait_for_news("offline", "7", "", within=LEASE + PATIENCE)
    here.wait_for_news("left", "7", ROOM)
    assert here.call("online") == []

    frozen.thaw()
    frozen.wait_for_news("joined", "7", ROOM)
    assert frozen.news.count(("online", "7", "")) == 2
    assert here.call("online") == ["7"]
    assert here.call("members", topic=ROOM) == ["7"]


def test_a_storm_of_reconnects_leaves_the_right_people_online(
    shared: dict[str, str], start_nodes: Callable[..., list[Node]]
) -> None:
    users = 300
    here, there = start_nodes(shared, 2, lease=LONG_LEASE)
    opened = [
        here.ask("open", connection_id=f"a{i}", user_id=str(i), limit=2) for i in range(users)
    ]
    assert [here.answer(number) for number in opened] == [True] * users
    moves = []
    for i in range(users):
        moves.append((here, here.ask("close", connection_id=f"a{i}")))
        if i % 3:
            moves.append((there, there.ask("open", connection_id=f"b{i}", user_id=str(i), limit=2)))
    for node, number in moves:
        node.answer(number, within=20)

    gone = {str(i) for i in range(0, users, 3)}

    def told_offline() -> list[str]:
        return [user for kind, user, _ in here.news + there.news if kind == "offline"]

    eventually(lambda: gone <= set(told_offline()), within=10)
    assert sorted(told_offline()) == sorted(gone)
    assert set(there.call("online")) == {str(i) for i in range(users)} - gone
