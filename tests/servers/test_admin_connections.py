"""An admin sees who is connected at all processes, and puts them out. The same with Redis and without."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import httpx
import lxml.html
import pytest

from tests.support.admin import AdminVisitor
from tests.support.redis_server import RedisServer
from tests.support.server import Person, Server, demo_desk
from tests.support.sockets import Socket

PAGE = "/admin/realtime/socketconnection/"
ENDPOINT = "/api/v1/ws/connect"
CROWD = """
import asyncio
from realtime.conf import config
from realtime.presence.database import DatabaseStore
from realtime.presence.redis_store import RedisStore
from realtime.presence.store import Open, Renew

def opening(i):
    return Open("crowd", 30, f"crowd-{i:04}", str(9000 + i % 7), f"guest{i % 7}", "/ws", None, "192.0.2.7", 1000.0 + i, 0)

async def fill():
    store = RedisStore(config().redis_url) if config().redis_url else DatabaseStore()
    for start in range(0, 250, 50):
        await store.run([opening(i) for i in range(start, start + 50)])
    await store.run([Renew("crowd", 30)])
    await store.close()

asyncio.run(fill())
"""


@pytest.fixture(scope="module", params=["database", "redis"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Server, Server]]:
    """Two processes over one database; who is connected is kept there, or in Redis."""
    environment: dict[str, str] = {}
    if request.param == "redis":
        redis: RedisServer = request.getfixturevalue("redis_server")
        environment["REDIS_URL"] = redis.url
    with demo_desk("uvicorn", "daphne", **environment) as desk:
        yield desk.servers[0], desk.servers[1]


class Office:
    """An admin at the page of connections."""

    def __init__(self, server: Server, username: str = "admin", password: str = "admin") -> None:
        self.http = AdminVisitor(server, username, password).http

    def rows(self, **query: str) -> dict[str, list[str]]:
        """The cells of each connection on a page, by its id."""
        answer = self.http.get(PAGE, params=query)
        assert answer.status_code == 200, answer.status_code
        rows = lxml.html.fromstring(answer.text).xpath("//table[@id='result_list']/tbody/tr[th]")
        return {
            row.xpath("string(th/a/@href)").split("/")[-3]: [
                cell.text_content().strip() for cell in row.xpath("th|td[not(input)]")
            ]
            for row in rows
        }

    def text(self, path: str = PAGE, **query: str) -> str:
        answer = self.http.get(path, params=query)
        return str(lxml.html.fromstring(answer.text).text_content())

    def post(self, action: str, *connections: str) -> httpx.Response:
        token = self.http.cookies["csrftoken"]
        data = {
            "action": action,
            "_selected_action": list(connections),
            "csrfmiddlewaretoken": token,
        }
        return self.http.post(PAGE, data=data, headers={"Referer": str(self.http.base_url)})


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.1)


async def connected(person: Person) -> tuple[str, Socket]:
    socket = await Socket.of(person, ENDPOINT)
    return (await socket.until("connected"))["data"]["connection_id"], socket


async def test_each_socket_of_all_processes_is_listed_with_its_frames(
    pair: tuple[Server, Server],
) -> None:
    here, there = pair
    first, carol = await connected(Person(here, "carol"))
    second, _ = await connected(Person(there, "dave"))
    await carol.ask({"type": "join_room", "room": "channel:1"}, "room_joined")
    await carol.ask({"type": "ping"}, "pong")
    office = Office(there)

    def counted() -> bool:
        row = office.rows()[first]
        return row[4:7] == ["2", str(len(carol.seen)), "1"]

    await eventually(counted)
    rows = office.rows()
    assert rows[first][:3] == ["carol", ENDPOINT, "127.0.0.1"]
    assert rows[second][0] == "dave"
    assert rows[first][7] != rows[second][7], "each is at a process of its own"
    assert "channel:1" in office.text(f"{PAGE}{first}/change/")
    assert set(office.rows(q="DAVE")) == {second}
    await carol.close()
    await eventually(lambda: first not in office.rows())
    assert office.http.get(f"{PAGE}{first}/change/").status_code == 404


async def test_one_socket_is_disconnected_and_no_other(pair: tuple[Server, Server]) -> None:
    here, there = pair
    first, one = await connected(Person(here, "carol"))
    _, other = await connected(Person(here, "carol"))
    office = Office(there)
    assert office.post("disconnect", first).status_code == 302
    assert await one.close_code() == 1000
    assert await other.is_silent()
    assert "1 sockets are closed" in office.text()


async def test_all_sockets_of_a_user_are_disconnected(pair: tuple[Server, Server]) -> None:
    here, there = pair
    first, one = await connected(Person(here, "carol"))
    _, other = await connected(Person(there, "carol"))
    _, dave = await connected(Person(there, "dave"))
    office = Office(here)
    assert office.post("disconnect_users", first).status_code == 302
    assert await one.close_code() == 1000
    assert await other.close_code() == 1000
    assert await dave.is_silent()
    assert "All sockets of 1 users are closed" in office.text()


def test_many_are_shown_in_pages_the_newest_first(pair: tuple[Server, Server]) -> None:
    here, _ = pair
    here.desk.shell(CROWD)
    office = Office(here)
    pages = [list(office.rows(process="crowd", page=str(page))) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [100, 100, 50, 0]
    assert [id for page in pages for id in page] == [f"crowd-{i:04}" for i in reversed(range(250))]
    assert len(office.rows(q="9003")) == len(office.rows(q="guest3")) == 36
    assert office.rows(q="9003") == office.rows(q="guest3")
    assert office.rows(q="nobody") == {}
    assert office.rows(process="no such", page="²") == {}


def test_who_may_only_look_disconnects_nobody(pair: tuple[Server, Server]) -> None:
    here, _ = pair
    here.desk.shell(
        "from django.contrib.auth.models import Permission, User\n"
        "someone, _ = User.objects.get_or_create(username='looker', is_staff=True)\n"
        "someone.set_password('Secret123'); someone.save()\n"
        "someone.user_permissions.add(Permission.objects.get(codename='view_socketconnection'))"
    )
    looker = Office(here, "looker", "Secret123")
    assert "Disconnect" not in looker.text()
    assert looker.post("disconnect", "x").status_code == 403
    agent = Office(here, "alice", "Secret123")
    assert agent.http.get(PAGE).status_code == 403
