"""Where hooks may go: never inside, whatever the URL, the name or the answer says."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any

import pytest

from realtime.hooks import http_post
from realtime.hooks.http_post import PostFailed, post
from realtime.tests.hooks.conftest import Listening

PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1", "198.18.0.1"),
    *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:127.0.0.1]"),
    *("[::127.0.0.1]", "[::ffff:0:7f00:1]", "[64:ff9b:1::7f00:1]", "[fec0::1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[2001::1]"),
    *("localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"),
]


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_not_called_however_they_are_written(host: str) -> None:
    with pytest.raises(PostFailed, match="private"):
        post(f"http://{host}:9/", b"{}", {})


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "//x", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_"),
        *("http://", "http:///x", "http://user:pass@example.com/", "http://example.com:99999/"),
        *("http://[::1", "http://\x00/", f"http://{'a' * 300}/", "http://xn--a\ud800/"),
    ],
)
def test_what_is_no_plain_web_address_is_not_called(url: str) -> None:
    with pytest.raises(PostFailed):
        post(url, b"{}", {})


class Names:
    """A name server that gives one answer after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (at, port)) for at in found]


def test_a_name_with_one_address_inside_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["93.184.215.14", "10.0.0.1"]))
    with pytest.raises(PostFailed, match="private"):
        post("http://mixed.example/", b"{}", {})


def test_a_name_that_changes_its_address_leads_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: public when it is checked, private when it is connected to."""
    names = Names(["93.184.215.14"], ["127.0.0.1"])
    called: list[Any] = []

    def connect(address: Any, timeout: float) -> socket.socket:
        called.append(address)
        raise OSError("out of reach")

    monkeypatch.setattr(socket, "getaddrinfo", names)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(PostFailed, match="out of reach"):
        post("http://rebinding.example:8080/", b"{}", {})
    assert called == [("93.184.215.14", 8080)]
    assert names.asked == 1


@pytest.mark.usefixtures("inside")
def test_private_addresses_are_called_where_that_is_allowed(listening: Listening) -> None:
    assert post(listening.url, b"{}", {"Content-Type": "application/json"}) == 200
    assert listening.received[0]["headers"]["Host"] == f"127.0.0.1:{listening.port}"


@pytest.mark.usefixtures("inside")
def test_an_answer_that_never_ends_is_cut(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_post, "TIMEOUT", 0.3)
    listening.drips = True
    with pytest.raises(PostFailed):
        post(listening.url, b"{}", {})
    assert listening.let_go.wait(10), "the connection is still open"


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_all_of_a_call_has_one_deadline_whatever_comes_late(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """The look-up of the name takes most of it, and then the server sends a byte now and then."""

    def drip(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                # The beginning of a TLS record of 16 KB; to a client without TLS, of anything.
                for byte in b"\x16\x03\x03\x40\x00" + bytes(16_384):
                    connection.sendall(bytes([byte]))
                    time.sleep(0.05)

    def slowly(*args: Any, **options: Any) -> Any:
        time.sleep(1)
        return look_up(*args, **options)

    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    monkeypatch.setattr(http_post, "TIMEOUT", 1.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=drip, args=[listener], daemon=True)
        server.start()
        began = time.monotonic()
        with pytest.raises(PostFailed):
            post(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/", b"{}", {})
        assert time.monotonic() - began < 2.2
    server.join(10)
    assert not server.is_alive(), "the connection is still open"


@pytest.mark.usefixtures("inside")
def test_a_line_break_in_an_address_adds_no_header(listening: Listening) -> None:
    for path in ("a b\x7f", "a\r\nX-Evil: 1", "a\nX-Evil: 1", "a%0d%0aX-Evil:1"):
        with contextlib.suppress(PostFailed):
            post(f"http://127.0.0.1:{listening.port}/{path}", b"{}", {})
    assert [each["path"] for each in listening.received] == ["/a%0d%0aX-Evil:1"]
    assert "X-Evil" not in listening.received[0]["headers"]
