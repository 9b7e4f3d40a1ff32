"""Pages that others wrote work under their Content-Security-Policy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext

from tests.support.admin import AdminVisitor
from tests.support.server import Server

PAGES = {
    "/admin/": "text=Tickets",
    "/admin/tickets/ticket/": "#result_list",
    "/admin/auth/user/1/change/": "input[name=username]",
    "/admin/tickets/trigger/add/": "input[name=name]",
    "/admin/realtime/socketconnection/": "text=Connections",
    "/api/v1/docs/": ".opblock",
    "/api/v1/docs/ws/": "#topics",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admins_window(chromium_process: Browser, site: Server) -> AsyncIterator[BrowserContext]:
    """Pages keep nothing in it but what they all load."""
    admin = AdminVisitor(site, "admin", "admin")
    context = await chromium_process.new_context(base_url=site.url)
    cookies = admin.http.cookies.items()
    await context.add_cookies([{"name": k, "value": v, "url": site.url} for k, v in cookies])
    yield context
    await context.close()


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_breaks_no_rule_of_its_own(admins_window: BrowserContext, path: str) -> None:
    page = await admins_window.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    answer = await page.goto(path)
    assert answer is not None and answer.status == 200
    await page.wait_for_selector(PAGES[path], timeout=30_000)
    assert complaints == []
    await page.close()
