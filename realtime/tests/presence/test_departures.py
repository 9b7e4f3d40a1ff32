"""A departure is claimed, told and confirmed; what isn't confirmed stays owed."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.models import Departure, ServerProcess, SocketConnection
from realtime.presence.database import DatabaseStore, _carry_out
from realtime.presence.departures import Departures
from realtime.presence.peers import Peer
from realtime.presence.pipeline import Pipeline
from realtime.presence.selectors import connection_count, online_users
from realtime.presence.store import (
    Claim,
    Close,
    Confirm,
    Departed,
    End,
    Open,
    Operation,
    Owed,
    Reap,
    Renew,
)
from realtime.presence.telling import Teller

pytestmark = pytest.mark.django_db(transaction=True)

CAROL = Departed("", "7", "carol", "first")


def do(*operations: Operation) -> Any:
    """Carries them out; the answer of the last one."""
    return _carry_out(list(operations))[-1]


def opening(connection: str, process: str = "here") -> Open:
    return Open(process, 30, connection, "7", "carol", "/ws", None, "", 0, 0)


def carol_goes() -> None:
    assert do(opening("a"), Close(["a"], 0)) is True


def test_what_was_claimed_is_owed_until_it_is_confirmed() -> None:
    carol_goes()
    assert do(Claim("here", "first")) == [CAROL]
    assert do(Claim("there", "second")) == []
    assert do(Owed("there")) == []
    assert do(Owed("here")) == do(Owed("here")) == [CAROL]
    assert do(Confirm([CAROL]), Owed("here")) == []


def test_what_a_dead_process_owes_is_due_again() -> None:
    carol_goes()
    do(Claim("here", "first"), Renew("here", -1), Reap())
    assert do(Claim("there", "second")) == [CAROL._replace(claim="second")]
    assert do(Confirm([CAROL]), Owed("there")) == [CAROL._replace(claim="second")]


def test_what_a_process_that_stops_owes_is_due_again() -> None:
    carol_goes()
    do(Claim("here", "first"), End("here"))
    assert do(Claim("there", "second")) == [CAROL._replace(claim="second")]


def test_a_connection_that_was_opened_while_its_process_was_reaped_is_removed() -> None:
    """The process had come back, and ended before it renewed its lease."""
    do(opening("a"))
    ServerProcess.objects.all().delete()
    assert do(Reap()) == 0
    assert not SocketConnection.objects.exists()
    assert do(Claim("there", "first")) == [CAROL]
    assert do(Reap()) is None


def test_nobody_is_online_at_processes_that_are_dead() -> None:
    do(opening("a"))
    assert [peer.username for peer in online_users()] == ["carol"]
    assert online_users(["8"]) == []
    do(Renew("here", -1))
    assert (online_users(), online_users(["7"]), connection_count()) == ([], [], 0)


def test_who_is_gone_is_online_for_the_grace_and_no_longer() -> None:
    do(opening("a"), Close(["a"], 60))
    assert [peer.username for peer in online_users(["7"])] == ["carol"]
    Departure.objects.update(due_at=0)
    assert online_users(["7"]) == [], "though nobody is there to tell it"


def test_who_comes_back_while_it_is_owed_is_told_online_and_nothing_is_owed() -> None:
    carol_goes()
    assert do(opening("b")) == "more", "nobody has taken it on yet"
    do(Close(["b"], 0), Claim("here", "first"))
    assert do(opening("c")) == "first"
    assert do(Owed("here")) == []


async def test_what_could_not_be_told_is_told_later(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    fails = [True]

    async def offline(peer: Peer) -> None:
        if fails:
            fails.pop()
            raise ConnectionError("the database is away")
        told.append(peer.username)

    store = DatabaseStore()
    teller = Teller(None, offline, None, None)
    departures = Departures("here", Pipeline(store), teller)
    await store.run([opening("a"), Close(["a"], 0)])
    await departures.claim()
    await teller.told()
    assert told == []
    await departures.tell_owed()
    await teller.told()
    assert told == ["carol"]
    await departures.tell_owed()
    await teller.told()
    assert told == ["carol"]
    departures.stop()
    await store.close()
    assert "could not be told, and will be again" in caplog.text
