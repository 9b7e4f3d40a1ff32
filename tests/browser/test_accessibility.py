"""What axe-core finds on each page, light and dark, desktop and phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Browser

from tests.browser.conftest import Enter
from tests.browser.visitor import PAGES, Visitor
from tests.support.server import Server

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""Axe's only rules that look at colours: by the others, what is right in the light is right in the dark."""
SCHEMES: dict[str, dict[str, Any]] = {"light": {}, "dark": {"runOnly": COLOURS}}


async def violations(visitor: Visitor) -> list[str]:
    """Rules that are broken, light and dark, with where, but for trifles."""
    page = visitor.page
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_FILE_PATH.read_text())
    broken = []
    for scheme, rules in SCHEMES.items():
        await page.emulate_media(color_scheme=scheme)
        await visitor.stands_still()  # axe measures colours as they are
        options = {"resultTypes": ["violations"], **rules}
        found = await page.evaluate("(options) => axe.run(document, options)", options)
        broken += [
            f"{rule['id']} at {page.url}, {scheme}: {[node['target'] for node in rule['nodes']][:4]}"
            for rule in found["violations"]
            if rule["impact"] in ("serious", "critical", "moderate")
        ]
    return broken


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
async def test_axe_finds_nothing_on_any_page(
    enter: Enter, ticket: dict[str, Any], viewport: Any
) -> None:
    alice = await enter("alice", viewport=viewport)
    found: list[str] = []
    for path, content in PAGES.items():
        await alice.follow(path, content)
        found += await violations(alice)
    await alice.open_ticket(ticket)
    found += await violations(alice)
    await alice.page.click(".composer-tab:has-text('Note')")
    found += await violations(alice)
    assert found == []


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
async def test_axe_finds_nothing_in_the_sign_in_and_dialogs(
    chrome: Browser, site: Server, viewport: Any
) -> None:
    visitor = await Visitor(chrome, site.url).open(viewport=viewport)
    await visitor.page.goto(site.url)
    await visitor.page.wait_for_selector("form")
    found = await violations(visitor)
    await visitor.sign_in("carol")
    await visitor.page.click(".new-ticket")
    await visitor.page.wait_for_selector("dialog")
    await visitor.page.select_option("dialog select[name=queue]", "billing")
    found += await violations(visitor)
    await visitor.page.keyboard.press("Escape")
    await visitor.page.click(".bell")
    found += await violations(visitor)
    assert found == []
