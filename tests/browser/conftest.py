"""Chromium, the demo in a server process, and people with windows."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserType, async_playwright

from tests.browser.visitor import PATIENCE, Visitor
from tests.browser.windows import Windows
from tests.support.server import Desk, Person, Server, demo_desk

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # Tabs of a window come and go in one process, which has read the scripts.
    "--process-per-site",
    *("--use-fake-device-for-media-stream=fps=5", "--use-fake-ui-for-media-stream"),
]

Enter = Callable[..., Awaitable[Visitor]]


def chromium() -> str | None:
    """The path of a Chromium, or None. The one without a window costs little more than half as much."""
    return shutil.which("chromium-headless-shell") or whole_chromium()


def whole_chromium() -> str | None:
    """The path of one that has everything."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = (
        None
        if chromium()
        else pytest.mark.skip(
            reason="no Chromium on the PATH: apt install chromium-headless-shell chromium"
        )
    )
    for item in items:
        if "browser" not in item.path.parts:
            continue
        item.add_marker(pytest.mark.browser)
        if pytest_asyncio.is_async_test(item):
            # One event loop for all, since they share a browser.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if missing:
            item.add_marker(missing)


@pytest.fixture(scope="session")
def unthrottled_desk() -> Iterator[Desk]:
    """A demo of the browser tests' own: a page asks more of REST than a person may."""
    with demo_desk(THROTTLE_USER="100000/min") as desk:
        yield desk


@pytest.fixture(scope="session")
def site(unthrottled_desk: Desk) -> Server:
    return unthrottled_desk.serve()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium_process() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright.chromium, chromium())
        yield browser
        await browser.close()


async def launch(kind: BrowserType, path: str | None) -> Browser:
    return await kind.launch(executable_path=path, args=FLAGS, timeout=4 * PATIENCE)


@pytest.fixture(scope="session")
def kept_windows(chromium_process: Browser, site: Server) -> Windows:
    return Windows(chromium_process, site.url)


@pytest_asyncio.fixture(loop_scope="session")
async def windows(kept_windows: Windows) -> AsyncIterator[Windows]:
    """As new for each test."""
    yield kept_windows
    await kept_windows.tidy()


@pytest_asyncio.fixture(loop_scope="session")
async def chrome(chromium_process: Browser, kept_windows: Windows) -> AsyncIterator[Browser]:
    """Chromium, one for all tests of a process. Windows are closed after the test that opened them, but for those that are kept."""
    yield chromium_process
    for context in chromium_process.contexts:
        if not kept_windows.keeps(context):
            await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def whole_chrome(chromium_process: Browser) -> AsyncIterator[Browser]:
    """Chromium for what the headless shell lacks."""
    if not whole_chromium():
        pytest.skip("the headless shell lacks what this tests: apt install chromium")
    browser = await launch(chromium_process.browser_type, whole_chromium())
    yield browser
    await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def enter(chrome: Browser, windows: Windows, site: Server) -> AsyncIterator[Enter]:
    """``await enter("alice")``: Alice, signed in, in a window of her own. No page may have had a problem in the end."""
    visitors: list[Visitor] = []

    async def come(username: str, **options: Any) -> Visitor:
        visitor = Visitor(chrome, site.url)
        visitors.append(visitor)
        if options:
            return await (await visitor.open(**options)).sign_in(username)
        window = await windows.take(Person(site, username).refresh)
        return await (await visitor.come_to(window)).come_back()

    yield come
    assert [problem for visitor in visitors for problem in visitor.problems] == []
