"""Pages of other sites open no socket."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.tests.auth.sockets import connect


@pytest.fixture(autouse=True)
def _configured(settings: Any) -> None:
    partners = ["https://partner.example", "http://localhost:5173"]
    settings.REALTIME = {**settings.REALTIME, "cors_origins": partners}


def passes(origin: str, host: str = "desk.example") -> bool:
    answer = connect(headers=[("origin", origin), ("host", host)])
    refused = answer.get("refused")
    assert refused in (None, [{"type": "websocket.close"}])
    return refused is None


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://desk.example", "desk.example"),
        ("http://desk.example", "desk.example"),
        ("http://desk.example", "desk.example:80"),
        ("https://desk.example:443", "desk.example"),
        ("https://desk.example", "desk.example:443"),
        ("http://desk.example:8000", "desk.example:8000"),
        ("HTTPS://DESK.example", "desk.EXAMPLE"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://partner.example", "desk.example"),
        ("https://partner.example:443", "desk.example"),
        ("http://localhost:5173", "desk.example"),
    ],
)
def test_own_and_configured_pages_pass(origin: str, host: str) -> None:
    assert passes(origin, host)


def test_a_client_without_an_origin_passes() -> None:
    assert "refused" not in connect()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://desk.example.evil.example",
        "https://evildesk.example",
        "https://sub.desk.example",
        "https://desk.example:8443",
        "http://desk.example:443",
        "http://partner.example",
        "https://partner.example:444",
        "http://localhost",
        "null",
        "",
        "*",
        "desk.example",
        "//desk.example",
        "https:desk.example",
        "https://",
        "https://desk.example/",
        "https://desk.example/path",
        "https://desk.example?x",
        "https://desk.example#x",
        "https://evil.example@desk.example",
        "https://desk.example@evil.example",
        "https://evil.example\\@desk.example",
        "https://desk.example:port",
        "https://desk.example:99999",
        "https://desk.example:0",
        "https://[desk.example",
        "https://desk.example https://evil.example",
        "https://desk.example, https://evil.example",
        " https://desk.example\t",
        "https://d\u00e9sk.example",
        "ftp://desk.example",
        "file://",
        "chrome-extension://desk.example",
        "javascript://desk.example",
    ],
)
def test_foreign_and_malformed_origins_are_refused_before_accept(origin: str) -> None:
    assert not passes(origin)


@pytest.mark.parametrize("repeated", ["origin", "host"])
def test_a_repeated_header_makes_the_page_foreign(repeated: str) -> None:
    headers = {"origin": "https://desk.example", "host": "desk.example"}
    once = [*headers.items()]
    assert "refused" not in connect(headers=once)
    assert "refused" in connect(headers=[*once, (repeated, headers[repeated])])


@pytest.mark.parametrize("host", ["", "desk.example/x", "[", "desk.example:port", "other.example"])
def test_an_odd_host_makes_every_page_foreign(host: str) -> None:
    assert not passes("https://desk.example", host)


def test_a_wildcard_admits_well_formed_origins_only(settings: Any) -> None:
    settings.REALTIME = {**settings.REALTIME, "cors_origins": ["*"]}
    assert passes("https://anywhere.example")
    assert not passes("null")
