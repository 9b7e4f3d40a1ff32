"""Bad tokens and odd sets of credentials, on all four endpoints of real servers and on REST."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from tests.security.forging import ATTACKS, ENDPOINTS, Forger
from tests.support.server import Person, Server
from tests.support.sockets import Socket

every_endpoint = pytest.mark.parametrize("path", ENDPOINTS)


@pytest.fixture
def forger(server: Server) -> Forger:
    return Forger.against(Person(server, "carol"))


async def outcome(server: Server, path: str, **how: Any) -> tuple[str, int]:
    """The code of the error and the close code that somebody gets; ``connected`` if let in."""
    socket = await Socket.open(server, path, **how)
    frame = await socket.receive()
    if frame["type"] != "error":
        return frame["type"], 0
    return frame["data"]["code"], await socket.close_code()


@every_endpoint
async def test_no_bad_token_opens_a_socket(forger: Forger, path: str) -> None:
    async def attack(name: str) -> tuple[str, tuple[str, int]]:
        token = ATTACKS[name](forger)
        return name, await outcome(forger.person.server, path, token=token)

    refused = ("unauthorized", ENDPOINTS[path])
    found: list[tuple[str, tuple[str, int]]] = []
    names = list(ATTACKS)
    for start in range(0, len(names), 8):
        found += await asyncio.gather(*map(attack, names[start : start + 8]))
    let_in = {name: what for name, what in found if what != refused}
    assert let_in == {}
    assert "Traceback" not in forger.person.server.log


def test_no_bad_token_is_taken_by_rest(forger: Forger) -> None:
    found = {}
    for name, make in ATTACKS.items():
        answer = forger.person.http.get(
            "auth/me/", headers={"Authorization": f"Bearer {make(forger)}".strip()}
        )
        if answer.status_code != 401 or answer.json()["code"] not in (
            "unauthorized",
            "invalid_token",
        ):
            found[name] = (answer.status_code, answer.text)
    assert found == {}


async def test_no_bad_token_extends_a_socket(forger: Forger) -> None:
    socket = await Socket.of(forger.person)
    await socket.receive()
    for name, make in ATTACKS.items():
        token = make(forger)
        answer = await socket.ask({"type": "authenticate", "token": token, "ref": name}, "error")
        assert answer["data"]["code"] in ("invalid_token", "missing_field", "invalid_field"), name
        await asyncio.sleep(0.06)  # within the limit of frames
    assert (await socket.ask({"type": "ping"}, "pong"))["type"] == "pong"


@every_endpoint
async def test_more_or_less_than_one_credential_is_refused(forger: Forger, path: str) -> None:
    person = forger.person
    token = person.access
    ticket = person.post("auth/ws-ticket/").json()["ticket"]
    refused = ("unauthorized", ENDPOINTS[path])
    queries = [
        "", "?", "?token", "?token=", f"?Token={token}", f"?tokens={token}",
        f"?token={token}&token={token}", f"?token={token}&token=", f"?token=&token={token}",
        f"?token={token}&ticket={ticket}", f"?ticket={ticket}&ticket={ticket}",
        f"?%74oken={token}&token={token}", f"?token={token}&%74icket={ticket}",
        f"?token={token}%00", f"?token={quote(' ' + token)}", f"?token[]={token}", f"?access_token={token}",
    ]  # fmt: skip
    for query in queries:
        assert await outcome(person.server, path + query) == refused, query
    other = Person(person.server, "carol").access
    for protocols in (["bearer", "x"], ["bearer", token, other], [token, "bearer"], ["bearer"]):
        found = await outcome(person.server, path, subprotocols=protocols)
        assert found == refused, protocols
    both = await outcome(person.server, f"{path}?token={token}", subprotocols=["bearer", token])
    assert both == refused
    header = await outcome(person.server, path, headers={"Authorization": f"Bearer {token}"})
    assert header == refused
    # None of these has used up the ticket, and the token still works.
    assert (await outcome(person.server, "/api/v1/ws/connect", ticket=ticket))[0] == "connected"
