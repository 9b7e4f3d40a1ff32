"""The way in and out."""

from __future__ import annotations

import asyncio

import httpx
from playwright.async_api import Browser

from tests.browser.conftest import Enter
from tests.browser.visitor import PATIENCE, Visitor, submit_sign_in
from tests.support.server import Desk, Person, Server


async def test_signing_in_shows_the_inbox_and_connects(chrome: Browser, site: Server) -> None:
    alice = await (await Visitor(chrome, site.url).open()).sign_in("alice")
    await alice.page.wait_for_selector(".row")
    await alice.page.click("a[href='/explorer']")
    await alice.sees("open", ".state-pill")
    assert alice.problems == []


async def test_wrong_credentials_are_refused_in_words(chrome: Browser, site: Server) -> None:
    visitor = await Visitor(chrome, site.url).open()
    await visitor.page.goto(site.url)
    await submit_sign_in(visitor.page, "alice", "wrong")
    await visitor.page.locator(".form-problem").get_by_text("is wrong").wait_for()


async def test_a_second_tab_is_signed_in_and_shares_the_socket(enter: Enter, site: Server) -> None:
    carol = await enter("carol")
    await carol.page.wait_for_selector(".row")
    await _has_sockets(site, "carol", 1)
    second = await carol.tab()
    await second.goto(site.url)
    await second.wait_for_selector(".row")
    async with httpx.AsyncClient(base_url=site.url) as http:
        assert await _sockets(http, _id_of(site, "carol")) == 1


async def test_a_window_that_does_not_stay_signed_in_leaves_no_trace(
    chrome: Browser, site: Server
) -> None:
    visitor = await Visitor(chrome, site.url).open()
    await visitor.page.goto(site.url)
    await submit_sign_in(visitor.page, "dave", stay=False)
    await visitor.page.wait_for_selector(".shell")
    other = await visitor.tab()
    await other.goto(site.url)
    await other.wait_for_selector("form.signin-form")
    await visitor.page.reload()
    await visitor.page.wait_for_selector(".shell")


async def test_two_windows_may_be_two_people_and_one_signs_out_alone(
    chrome: Browser, site: Server
) -> None:
    dave = await Visitor(chrome, site.url).open()
    carol_page = await dave.tab()
    await carol_page.goto(site.url)
    await carol_page.wait_for_selector("form.signin-form")
    await dave.sign_in("dave")
    await submit_sign_in(carol_page, "carol", stay=False)
    await carol_page.wait_for_selector(".account:has-text('Carol Clark')")
    await carol_page.click(".account")
    await carol_page.get_by_role("menuitem", name="Sign out").click()
    await carol_page.wait_for_selector("form.signin-form")
    await dave.page.reload()
    await dave.page.wait_for_selector(".account:has-text('Dave')")


async def test_whoever_is_connected_too_often_is_told_why_nothing_moves(
    chrome: Browser, unthrottled_desk: Desk
) -> None:
    server = unthrottled_desk.serve(WS_MAX_CONNECTIONS_PER_USER="1")
    first = await (await Visitor(chrome, server.url).open()).sign_in("dave")
    await first.page.wait_for_selector(".row")
    await _has_sockets(server, "dave", 1)
    second = await (await Visitor(chrome, server.url).open()).sign_in("dave")
    await second.sees("You are connected in too many places", ".banner")
    await first.context.close()
    await second.page.wait_for_selector(".banner", state="hidden")


async def test_signing_out_ends_all_tabs_and_their_socket(enter: Enter, site: Server) -> None:
    dave = await enter("dave")
    second = await dave.tab()
    await second.goto(site.url)
    await second.wait_for_selector(".row")
    await _has_sockets(site, "dave", 1)
    await dave.page.click(".account")
    await dave.page.get_by_role("menuitem", name="Sign out").click()
    await dave.page.wait_for_selector("form.signin-form")
    await second.wait_for_selector("form.signin-form")
    assert await dave.page.evaluate("localStorage.getItem('livedesk:session')") is None
    await _has_sockets(site, "dave", 0)


async def test_a_login_that_was_ended_elsewhere_leads_to_the_sign_in(
    enter: Enter, site: Server
) -> None:
    dave = await enter("dave")
    await dave.page.wait_for_selector(".row")
    elsewhere = Person(site, "dave")
    ended = elsewhere.post("auth/logout/", {"refresh": elsewhere.refresh, "all": True})
    assert ended.status_code == 204
    await dave.page.wait_for_selector("form.signin-form")
    await dave.sees("Your session has ended")


async def test_the_page_forbids_what_it_does_not_need(site: Server) -> None:
    async with httpx.AsyncClient(base_url=site.url) as http:
        for path in ("/", "/dashboard", "/tickets/0190a5d2-0000-7000-8000-000000000000"):
            answer = await http.get(path)
            policy = answer.headers["content-security-policy"]
            assert answer.status_code == 200
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy
            assert "<script>" not in answer.text
            assert "style=" not in answer.text


async def _has_sockets(site: Server, username: str, count: int) -> None:
    """Waits until somebody has so many: those of a window that was closed go in their own time."""
    user_id = _id_of(site, username)
    async with httpx.AsyncClient(base_url=site.url, timeout=PATIENCE / 1000) as http:
        async with asyncio.timeout(PATIENCE / 1000):
            while await _sockets(http, user_id) != count:
                await asyncio.sleep(0.05)


def _id_of(site: Server, username: str) -> str:
    found: str = Person(site, username).get("auth/me/").json()["id"]
    return found


async def _sockets(http: httpx.AsyncClient, user_id: str) -> int:
    found: dict[str, int] = (await http.get("/healthz/websocket")).json()["by_user"]
    return found.get(user_id, 0)


async def test_whoever_has_changed_their_password_is_told_so_and_not_as_of_a_fault(
    enter: Enter, unthrottled_desk: Desk
) -> None:
    unthrottled_desk.shell(
        "from django.contrib.auth.models import User\n"
        "User.objects.create_user('pat', 'pat@example.com', 'Secret123')\n"
    )
    pat = await enter("pat")
    await pat.follow("/settings", ".matrix")
    await pat.page.get_by_label("Password now").fill("Secret123")
    await pat.page.get_by_label("New password").fill("horse-staple-42")
    await pat.page.click("text=Change and sign out everywhere")
    await pat.sees("Your password is changed.", "form.signin-form [role=status]")
    await pat.page.route("**/auth/token/", lambda route: route.abort("timedout"))
    await submit_sign_in(pat.page, "pat", "horse-staple-42")
    await pat.sees("can’t be reached", ".form-problem")
