"""A departure is claimed, told and confirmed; what isn't confirmed stays owed."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.presence.database import DatabaseStore, _carry_out
from realtime.presence.departures import Departures
from realtime.presence.peers import Peer
from realtime.presence.pipeline import Pipeline
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
