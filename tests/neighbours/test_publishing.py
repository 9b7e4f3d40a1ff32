"""What a service publishes over HTTP at one process arrives at the sockets of both."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.server import Person, Server
from tests.support.sockets import Socket

pytestmark = [pytest.mark.redis, pytest.mark.xdist_group("neighbours")]


class Service:
    def __init__(self, server: Server, key: str) -> None:
        headers = {"Authorization": f"Api-Key {key}"}
        self._http = httpx.Client(base_url=server.url, headers=headers, timeout=20)

    def publish(self, to: Any, type: str, data: Any, **more: Any) -> None:
        body = {"to": to, "type": type, "data": data, **more}
        answer = self._http.post("/api/v1/realtime/publish/", json=body)
        assert answer.status_code == 202, answer.text


@pytest.fixture
def warehouse(one: Server, api_key: str) -> Service:
    return Service(one, api_key)


async def rooms(person: Person, server: Server) -> Socket:
    socket = await Socket.open(server, "/api/v1/ws/connect", token=person.access)
    await socket.until("connected")
    return socket


async def test_each_address_reaches_whom_it_names(
    warehouse: Service, alice: Person, carol: Person, dave: Person, one: Server, two: Server
) -> None:
    agent, customer, other = (
        await rooms(alice, one),
        await rooms(carol, two),
        await rooms(dave, two),
    )
    await customer.ask({"type": "join_room", "room": "channel:1"}, "room_joined")
    ids = {person.username: person.get("auth/me/").json()["id"] for person in (alice, carol, dave)}
    expected: list[tuple[Any, list[Socket]]] = [
        ({"user": ids["carol"]}, [customer]),
        ({"users": [ids["carol"], ids["dave"]]}, [customer, other]),
        ({"room": "channel:1"}, [customer]),
        ({"room": f"user:{ids['dave']}"}, [other]),
        ({"staff": True}, [agent]),
        ({"all": True}, [agent, customer, other]),
    ]
    for to, hearers in expected:
        word = uuid4().hex
        warehouse.publish(to, "stock.changed", {"word": word})
        for socket in hearers:
            heard = await socket.until("stock.changed")
            assert heard["data"] == {"word": word}
            assert heard["sender"] is None
            assert "seq" not in heard
        for socket in {agent, customer, other} - set(hearers):
            await socket.ask({"type": "ping"}, "pong")
            assert word not in str(socket.seen), to


async def test_event_clients_hear_what_is_sent_to_them_the_staff_or_everybody_under_its_own_name(
    warehouse: Service, alice: Person, carol: Person, one: Server, two: Server
) -> None:
    agent, customer = [
        await Socket.open(server, "/ws", token=person.access)
        for person, server in ((alice, one), (carol, two))
    ]
    for socket in (agent, customer):
        await socket.ask({"type": "ping"}, "pong")
    warehouse.publish({"user": carol.get("auth/me/").json()["id"]}, "order.shipped", {"n": 1})
    assert (await customer.until("order.shipped"))["data"] == {"n": 1}
    warehouse.publish({"staff": True}, "stock.counted", {"n": 2})
    assert (await agent.until("stock.counted"))["data"] == {"n": 2}
    warehouse.publish({"all": True}, "shop.closed", {"n": 3})
    for socket in (agent, customer):
        assert (await socket.until("shop.closed"))["data"] == {"n": 3}
    assert not {"order.shipped", "stock.counted"} <= {frame["type"] for frame in customer.seen}


async def test_a_durable_one_is_numbered_and_replayed(
    warehouse: Service, carol: Person, one: Server, two: Server
) -> None:
    here = await rooms(carol, two)
    joined = await here.ask({"type": "join_room", "room": "channel:1"}, "room_joined")
    before = joined["data"]["seq"]
    for number in range(3):
        warehouse.publish({"room": "channel:1"}, "stock.counted", {"n": number}, durable=True)
    live = [await here.until("stock.counted") for _ in range(3)]
    assert [event["seq"] for event in live] == [before + 1, before + 2, before + 3]
    later = await rooms(carol, one)
    await later.ask({"type": "join_room", "room": "channel:1", "since": before}, "room_joined")
    assert [await later.until("stock.counted") for _ in range(3)] == live


async def test_a_retry_with_the_same_idempotency_key_is_heard_once(
    warehouse: Service, carol: Person, two: Server
) -> None:
    socket = await rooms(carol, two)
    me = carol.get("auth/me/").json()["id"]
    key = uuid4().hex
    for _ in range(2):
        warehouse.publish({"user": me}, "order.shipped", {}, idempotency_key=key)
    warehouse.publish({"user": me}, "order.closed", {})
    await socket.until("order.closed")
    assert [frame["type"] for frame in socket.seen].count("order.shipped") == 1
