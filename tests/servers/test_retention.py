"""The log is shortened, or begins anew, under a running server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import Desk, Person, Server, demo_desk
from tests.support.sockets import Socket


@pytest.fixture(scope="module")
def fast_sweeping_desk() -> Iterator[Desk]:
    with demo_desk(REALTIME_SWEEP_INTERVAL="0.2") as desk:
        yield desk


@pytest.fixture(scope="module")
def site(fast_sweeping_desk: Desk) -> Server:
    return fast_sweeping_desk.serve("uvicorn")


def say(carol: Person, ticket: str, *words: str) -> None:
    for word in words:
        assert carol.post(f"tickets/{ticket}/messages/", {"content": word}).status_code == 201


async def hear(socket: Socket, *words: str) -> list[int]:
    """The numbers under which these messages come, which must be the next ones."""
    frames = []
    for word in words:
        frame = await socket.until("message.new")
        assert frame["data"]["content"] == word
        frames.append(frame)
    return [frame["seq"] for frame in frames]


async def test_a_socket_stays_connected_while_the_log_is_pruned_and_resumes_after_it(
    fast_sweeping_desk: Desk, carol: Person
) -> None:
    ticket = carol.new_ticket()["id"]
    path = f"/api/v1/ws/tickets/{ticket}"
    stays = await Socket.of(carol, path)
    start = (await stays.until("connected"))["data"]["seq"]
    say(carol, ticket, "one", "two", "three", "four")
    numbers = await hear(stays, "one", "two", "three", "four")

    assert "Deleted: " in fast_sweeping_desk.manage("prune_events", "--keep", "2", "--batch", "1")

    say(carol, ticket, "five")
    assert await hear(stays, "five") == [numbers[-1] + 1]
    # A second process has nothing in memory: it has to look into the log.
    elsewhere = Person(fast_sweeping_desk.serve("uvicorn"), "carol")
    resumed = await Socket.of(elsewhere, path, since=numbers[1])
    assert (await resumed.until("connected"))["data"]["resumed"] is True
    await hear(resumed, "three", "four", "five")
    too_late = await Socket.of(elsewhere, path, since=start)
    told = (await too_late.until("connected"))["data"]
    assert (told["resumed"], told["seq"]) == (False, numbers[-1] + 1)
    assert await too_late.is_silent()


async def test_a_new_epoch_asks_all_sockets_to_come_back_and_load_anew(
    fast_sweeping_desk: Desk, carol: Person
) -> None:
    ticket = carol.new_ticket()["id"]
    path = f"/api/v1/ws/tickets/{ticket}"
    socket = await Socket.of(carol, path)
    before = (await socket.until("connected"))["data"]

    fast_sweeping_desk.manage("new_epoch")

    assert await socket.close_code() == 4503
    assert socket.seen[-1]["type"] == "reconnect"
    back = await Socket.of(carol, path, since=before["seq"], epoch=before["epoch"])
    after = (await back.until("connected"))["data"]
    assert after["resumed"] is False and after["epoch"] != before["epoch"]
    snapshot = carol.get(f"tickets/{ticket}/messages/").json()
    assert (snapshot["epoch"], snapshot["seq"]) == (after["epoch"], after["seq"])
    say(carol, ticket, "still there?")
    assert await hear(back, "still there?") == [after["seq"] + 1]


def test_the_background_work_prunes_as_the_settings_say(
    fast_sweeping_desk: Desk, carol: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = carol.new_ticket()["id"]
    say(carol, ticket, "one", "two", "three")
    monkeypatch.setitem(fast_sweeping_desk.environment, "REALTIME_RETENTION_EVENTS", "1")
    code = (
        "from notifications.jobs.registry import job_named\n"
        "print(job_named('realtime.prune_events').work())\n"
        "from realtime.models import StoredEvent\n"
        f"print(StoredEvent.objects.filter(topic='ticket:{ticket}').count(), 'left')"
    )
    told = fast_sweeping_desk.shell(code)
    assert "access changes" in told and "1 left" in told


def test_a_bound_that_makes_no_sense_stops_the_start(
    fast_sweeping_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fast_sweeping_desk.environment, "REALTIME_RETENTION_DAYS", "-1")
    with pytest.raises(AssertionError, match=r"REALTIME_RETENTION_DAYS is '-1': write a number"):
        fast_sweeping_desk.manage("check")
