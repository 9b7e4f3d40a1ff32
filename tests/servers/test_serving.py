"""What `manage.py serve` sees to, under daphne and under uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
from typing import IO

import httpx
import pytest
import websockets
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.uri import parse_uri

from tests.faults.proxy import narrow_way
from tests.support.nursery import Child, nursery
from tests.support.ports import free_port, wait_until
from tests.support.server import Desk, Person, Server
from tests.support.sockets import Socket

SERVERS = ["daphne", "uvicorn"]


async def test_frames_that_are_no_utf_8_are_closed_properly_and_leave_no_traceback(
    server: Server, alice: Person
) -> None:
    connection = await Socket.of(alice)
    await connection.receive()
    # A masked text frame (key 0) of one byte that no UTF-8 text has.
    connection.connection.transport.write(b"\x81\x81\x00\x00\x00\x00\xff")
    assert await connection.close_code() in (1007, 1006)
    assert "Traceback" not in server.log


async def test_a_long_token_in_the_request_line_is_refused_in_time(server: Server) -> None:
    for length in (4_000, 9_000, 12_000):
        connection = await Socket.open(server, "/api/v1/ws/connect", token="x" * length)
        assert (await connection.receive())["type"] == "error"
        assert await connection.close_code() == 4401


async def test_an_endless_request_line_is_answered_or_cut(server: Server) -> None:
    with pytest.raises((InvalidHandshake, InvalidMessage, OSError)):
        await Socket.open(server, "/ws", token="x" * 100_000)


async def test_a_frame_over_the_limit_is_refused_by_the_engine(alice: Person) -> None:
    connection = await Socket.of(alice)
    await connection.receive()
    await connection.send('{"type":"ping","x":"' + "x" * 1_048_576 + '"}')
    assert await connection.close_code() == 4413


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_server_that_stops_asks_its_sockets_to_come_back(
    desk: Desk, name: str, number: signal.Signals
) -> None:
    server = desk.serve(name)
    connection = await Socket.of(Person(server, "carol"))
    await connection.receive()
    server.process.send_signal(number)
    assert await connection.close_code() == 4503
    await asyncio.to_thread(server.process.wait, 15)
    assert server.process.returncode == 0
    assert "Traceback" not in server.log


@pytest.mark.parametrize("name", SERVERS)
async def test_a_reader_that_stalls_is_cut_and_the_others_go_on(desk: Desk, name: str) -> None:
    limits = {"WS_SEND_QUEUE_BYTES": "100000", "WS_MESSAGES_PER_SECOND": "10000"}
    # Who reads nothing answers no ping either: that would be another end.
    server = desk.serve(name, WS_HEARTBEAT_INTERVAL="600", **limits)
    person = Person(server, "carol")
    ticket = person.new_ticket()["id"]
    path = f"/api/v1/ws/tickets/{ticket}"
    stalled = Socket(
        await websockets.connect(
            f"ws://{server.host}{path}?token={person.access}",
            sock=narrow_way(("127.0.0.1", server.port)),
            ping_interval=None,
            close_timeout=2,
        )
    )
    lively = await Socket.of(person, path)
    await stalled.receive()
    await lively.receive()
    stalled.connection.transport.pause_reading()

    def connections() -> float:
        return server.metrics()["websocket_active_connections"]

    for number in range(12):
        content = f"{number} " + "x" * 60_000
        sent = await asyncio.to_thread(
            person.post, f"tickets/{ticket}/messages/", {"content": content}
        )
        assert sent.status_code == 201
        await lively.until(lambda frame: frame["type"] == "message.new")
    # Although it takes not even the close.
    await asyncio.to_thread(wait_until, lambda: connections() == 1, what="its end")
    stalled.connection.transport.resume_reading()
    assert await stalled.close_code() in (4409, 1006)
    server.kill()


@pytest.mark.parametrize("name", SERVERS)
async def test_a_peer_that_answers_no_ping_is_let_go_and_that_is_no_fault_of_the_server(
    desk: Desk, name: str
) -> None:
    server = desk.serve(name, WS_HEARTBEAT_INTERVAL="1")
    token = Person(server, "carol").access
    peer = ClientProtocol(parse_uri(f"ws://{server.host}/api/v1/ws/connect?token={token}"))
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    peer.send_request(peer.connect())
    writer.write(b"".join(peer.data_to_send()))
    with contextlib.suppress(ConnectionResetError):  # daphne cuts the line
        while data := await reader.read(65_536):
            peer.receive_data(data)  # and its answers stay here
    writer.close()
    assert peer.close_code in (4408, None)
    assert "Traceback" not in server.log
    server.kill()


@pytest.mark.parametrize("name", SERVERS)
async def test_a_repeated_credential_is_refused_by_the_engine_and_stays_untold(
    desk: Desk, name: str
) -> None:
    server = desk.serve(name)
    token = Person(server, "carol").access
    for offered in (["bearer", token, token], ["bearer", "bearer", token]):
        connection = await Socket.open(server, "/api/v1/ws/connect", subprotocols=offered)
        assert (await connection.receive())["data"]["code"] == "unauthorized"
        assert await connection.close_code() == 4401
    assert token not in server.log
    server.kill()


@pytest.mark.parametrize("name", SERVERS)
def test_a_form_is_left_to_the_application(desk: Desk, name: str) -> None:
    server = desk.serve(name)
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; charset=x",
    ):
        answer = httpx.post(
            f"{server.url}/api/v1/auth/token/",
            content=b"--x\r\nno form",
            headers={"Content-Type": kind},
            timeout=20,
        )
        assert answer.status_code in (400, 415), kind
        assert answer.json()["code"], kind
    server.kill()


@pytest.mark.parametrize("name", SERVERS)
def test_an_access_log_holds_no_token(desk: Desk, name: str) -> None:
    port = free_port()
    log = desk.folder / f"access-{port}.log"
    with log.open("wb") as file:
        process = _start(
            desk, file, "manage.py", "serve", "--server", name, "--port", str(port), "--access-log"
        )
        _knock(port, log, process)
    text = log.read_text()
    assert "/healthz" in text
    assert "SECRET" not in text


@pytest.mark.parametrize(
    "command", [("daphne", "-p"), ("uvicorn", "--port")], ids=lambda command: command[0]
)
def test_the_own_command_of_a_server_logs_no_token(desk: Desk, command: tuple[str, str]) -> None:
    port = free_port()
    name, option = command
    log = desk.folder / f"access-{port}.log"
    with log.open("wb") as file:
        process = _start(desk, file, "-m", name, option, str(port), "config.asgi:application")
        _knock(port, log, process)
    text = log.read_text()
    assert "/healthz" in text
    assert "SECRET" not in text


@pytest.mark.parametrize("name", ["daphne", "uvicorn"])
async def test_before_there_is_a_database_sockets_are_asked_to_try_again(name: str) -> None:
    desk, port = Desk(), free_port()
    log = desk.folder / "server.log"
    option = "-p" if name == "daphne" else "--port"
    with log.open("wb") as file:
        process = _start(desk, file, "-m", name, option, str(port), "config.asgi:application")
    try:
        await asyncio.to_thread(wait_until, lambda: _answers(port), seconds=40, what="the start")
        async with websockets.connect(f"ws://127.0.0.1:{port}/ws?token=x") as connection:
            assert json.loads(await connection.recv())["data"]["code"] == "server_error"
            with pytest.raises(ConnectionClosed):
                await connection.recv()
        assert connection.close_code == 4500
    finally:
        process.terminate()
        process.wait(20)
        text = log.read_text()
        desk.close()
    assert "the engine can't start" in text
    assert "Traceback" not in text


def test_a_port_that_is_taken_is_told_in_a_sentence(desk: Desk) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = nursery().run(["manage.py", "serve", "--port", str(port)], desk.environment)
    assert done.returncode == 1
    assert f"Port {port} of 127.0.0.1 can't be used" in done.stderr
    assert "Traceback" not in done.stderr


def _start(desk: Desk, file: IO[bytes], *command: str) -> Child:
    return nursery().start(command, desk.environment, stdout=file)


def _knock(port: int, log: object, process: Child) -> None:
    """Requests over HTTP and as a socket, each with a secret in its query; then stops the server."""
    try:
        wait_until(lambda: _answers(port), seconds=40, what="the start")
        for upgrade in (
            "",
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        ):
            path = "/ws" if upgrade else "/healthz"
            with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
                request = f"GET {path}?token=SECRET&x=1 HTTP/1.1\r\nHost: localhost:{port}\r\n{upgrade}\r\n"
                peer.sendall(request.encode())
                assert peer.recv(12).startswith(b"HTTP/1.1")
    finally:
        process.terminate()
        process.wait(15)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
