"""What a foreign web page can do with somebody's browser: nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
import lxml.html
import pytest
import websockets

from tests.security.forging import ENDPOINTS
from tests.support.admin import AdminVisitor
from tests.support.server import Person, Server
from tests.support.sockets import Socket


def foreign_origins(server: Server) -> list[str]:
    return [
        "https://evil.example", "null", "", "http://localhost", "http://127.0.0.1", "http://127.0.0.1:1",
        f"http://{server.host}.evil.example", f"http://{server.host}@evil.example", f"http://evil.example#{server.host}",
        f"http://evil.example?{server.host}", f"http://{server.host}/path", f"ws://{server.host}", f"file://{server.host}",
        "chrome-extension://abcdef", f"http://{server.host} http://evil.example", "*", f"http://x{server.host}",
    ]  # fmt: skip


def is_no_origin(text: str) -> bool:
    """No browser sends it; daphne's WebSocket library answers 400 by itself."""
    try:
        parts = urlsplit(text)
        return not parts.hostname or parts.port == 0
    except ValueError:
        return True


@pytest.mark.parametrize("path", [*ENDPOINTS, "/nowhere"])
async def test_a_foreign_page_opens_no_socket_whatever_else_it_has(
    server: Server, path: str
) -> None:
    carol = Person(server, "carol")
    for origin in foreign_origins(server):
        for query in (f"?token={carol.access}", "", "?token=nonsense"):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await Socket.open(server, path + query, headers={"Origin": origin})
            status = refused.value.response.status_code
            assert status == 403 or (status == 400 and is_no_origin(origin)), (origin, query)


async def test_two_origins_are_no_origin(server: Server) -> None:
    headers = [("Origin", server.url), ("Origin", "https://evil.example")]
    with pytest.raises(websockets.InvalidStatus) as refused:
        await Socket.open(server, "/ws", headers=headers)
    assert refused.value.response.status_code in (400, 403)


def test_rest_takes_no_cookies(server: Server) -> None:
    admin = AdminVisitor(server, "admin", "admin")
    assert admin.http.get("/admin/").status_code == 200
    assert admin.http.get("/api/v1/auth/me/").status_code == 401
    made = admin.http.post("/api/v1/tickets/", json={"subject": "S", "content": "C"})
    assert made.status_code == 401


def test_forms_of_the_admin_need_their_token(server: Server) -> None:
    admin = AdminVisitor(server, "admin", "admin")
    fields = {"username": "mallory", "password1": "Mallory-9!", "password2": "Mallory-9!"}
    page = admin.http.get("/admin/auth/user/add/")
    assert page.status_code == 200
    origin = {"Origin": "https://evil.example", "Referer": "https://evil.example/"}
    for headers in ({}, origin):
        assert (
            admin.http.post("/admin/auth/user/add/", data=fields, headers=headers).status_code
            == 403
        )
    token = {"csrfmiddlewaretoken": admin.http.cookies["csrftoken"]}
    forged = admin.http.post("/admin/auth/user/add/", data={**fields, **token}, headers=origin)
    assert forged.status_code == 403
    bare = httpx.post(f"{server.url}/admin/login/", data={"username": "admin", "password": "admin"})
    assert bare.status_code == 403


def test_a_foreign_page_reads_nothing_of_rest(server: Server) -> None:
    carol = Person(server, "carol")
    for method in ("GET", "OPTIONS"):
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        answer = carol.http.request(method, "auth/me/", headers=headers)
        assert "access-control-allow-origin" not in answer.headers


def test_a_partners_page_may_say_where_it_resumes_a_stream(client: Any, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://partner.example"]
    asked = {"Origin": "https://partner.example", "Access-Control-Request-Method": "GET"}
    answer = client.options("/api/v1/realtime/events/", headers=asked)
    assert "last-event-id" in answer.headers["Access-Control-Allow-Headers"]


PAGES = ["/", "/admin/login/", "/api/v1/docs/", "/api/v1/docs/ws/", "/examples/flags/", "/nowhere"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_forbid_scripts_that_are_inline_and_to_be_framed(server: Server, path: str) -> None:
    page = httpx.get(server.url + path)
    policy = dict(
        rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    scripts = policy.get("script-src", policy["default-src"])
    assert "unsafe-inline" not in scripts and "*" not in scripts and ":" not in scripts
    # Only the theme of the admin needs more.
    assert "unsafe-eval" not in scripts or path.startswith("/admin/")
    assert "unsafe" not in " ".join(policy.values()) or path.startswith(("/admin/", "/api/v1/docs"))
    inline = [
        script
        for script in lxml.html.fromstring(page.text).iter("script")
        if not script.get("src") and script.get("type") != "application/json"
    ]
    assert inline == []
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["X-Frame-Options"] == "DENY"
