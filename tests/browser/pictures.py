"""Takes the pictures of the console for the documentation: ``python -m tests.browser.pictures [FOLDER]``.

Every page, light and dark, on a desktop and a phone, of a busy desk that is made for it.
"""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.conftest import FLAGS, whole_chromium
from tests.browser.visitor import Visitor
from tests.support.server import ROOT, Desk, Server, demo_desk

LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}
PAGES = {
    "inbox": "/",
    "dashboard": "/dashboard",
    "notifications": "/notifications",
    "search": "/search?q=refund",
    "explorer": "/explorer",
    "settings": "/settings",
}
TICKET = "The app logs me out"
SOLVED = "How do I export my data?"


class Album:
    """The pictures of one look: how large the screen is, and light or dark."""

    def __init__(self, folder: Path, browser: Browser, server: Server, device: str, scheme: str):
        self.folder, self.browser, self.server = folder, browser, server
        self.look = f"{device}-{scheme}"
        self.options = {**LOOKS[device], "color_scheme": scheme}

    async def take(self) -> None:
        alice = await self._window()
        await alice.page.goto(self.server.url)
        await alice.page.wait_for_selector("form")
        await self._keep("sign-in", alice.page)
        await alice.sign_in("alice")
        for name, path in PAGES.items():
            await alice.page.goto(self.server.url + path)
            await alice.page.wait_for_selector("main > *")
            await alice.page.wait_for_load_state("networkidle")
            await self._keep(name, alice.page)
        carol = await (await self._window()).sign_in("carol")
        await self._customer(carol)
        await self._ticket(alice, carol)
        await alice.context.close()
        await carol.context.close()

    async def _customer(self, carol: Visitor) -> None:
        await carol.page.wait_for_selector(".row")
        await self._keep("customer", carol.page)
        await carol.page.click(".new-ticket")
        await carol.page.fill("dialog input[name=subject]", "My invoice is missing")
        await self._keep("new-ticket", carol.page)
        await carol.page.keyboard.press("Escape")
        dave = await (await self._window()).sign_in("dave")
        await dave.page.click(".tab:has-text('Solved')")
        await dave.page.click(f".row:has-text('{SOLVED}')")
        await dave.page.wait_for_selector(".rating")
        await self._keep("rating", dave.page)
        await dave.context.close()

    async def _ticket(self, alice: Visitor, carol: Visitor) -> None:
        for visitor in (alice, carol):
            await visitor.page.goto(self.server.url)
            await visitor.page.click(f".row:has-text('{TICKET}')")
            await visitor.page.wait_for_selector(".message")
        await carol.page.type(".composer-input", "I have cleared them, and")
        await alice.page.wait_for_selector(".typing-dots")
        await self._keep("ticket", alice.page)
        await alice.page.get_by_label("Start a call").click()
        await alice.page.click(".call-person:has-text('Carol Clark') >> text=Video")
        await carol.page.click("dialog >> text=Answer")
        await alice.page.wait_for_selector(".call[data-state=connected]")
        await alice.until("document.querySelector('.call-remote').videoWidth > 0")
        await self._keep("call", alice.page)
        await alice.page.get_by_label("Hang up").click()

    async def _window(self) -> Visitor:
        return await Visitor(self.browser, self.server.url).open(**self.options)

    async def _keep(self, name: str, page: Page) -> None:
        picture = Image.open(io.BytesIO(await page.screenshot(animations="disabled")))
        picture.save(self.folder / f"{name}-{self.look}.webp", quality=84, method=6)


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with demo_desk() as desk:
        desk.shell("from tests.browser.busy_desk import fill; fill()")
        await photograph(folder, desk)


async def photograph(folder: Path, desk: Desk) -> None:
    server = desk.serve()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=whole_chromium(), args=FLAGS)
        for device in LOOKS:
            for scheme in ("light", "dark"):
                await Album(folder, browser, server, device, scheme).take()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/images/console"))
