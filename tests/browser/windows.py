"""Windows that outlive a test: the files of the console stay in their caches, and the process that has read them runs on."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from playwright.async_api import Browser, BrowserContext, CDPSession, Page

# Chromium draws without a graphics card here: to blur all that is behind a dialog, whenever a caret blinks, takes longer than the rest.
DRAW_NO_BLUR = """addEventListener("DOMContentLoaded", () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("::backdrop { backdrop-filter: none !important; }");
  document.adoptedStyleSheets = [sheet];
});"""


async def new_window(browser: Browser, **options: Any) -> BrowserContext:
    """``options`` as of a Playwright context. What fades and turns for ever would be painted for ever."""
    usual = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
    return await browser.new_context(**{**usual, **options})


class Window(NamedTuple):
    """A context of Chromium with a tab that shows nothing and keeps the process running."""

    tab: Page
    devtools: CDPSession

    @property
    def context(self) -> BrowserContext:
        return self.tab.context


class Windows:
    """Those of one site. Whoever takes one finds neither storage nor cookies nor tabs of anybody else."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self._all: list[Window] = []
        self._free: list[Window] = []

    async def take(self, refresh: str) -> BrowserContext:
        """One in which somebody is signed in, with a refresh token of their own."""
        window = self._free.pop() if self._free else await self._open()
        session = json.dumps({"refresh": refresh})
        await window.tab.evaluate("(it) => localStorage.setItem('livedesk:session', it)", session)
        return window.context

    def keeps(self, context: BrowserContext) -> bool:
        return any(window.context == context for window in self._all)

    async def tidy(self) -> None:
        """Makes all of them as they were before anybody took one."""
        for window in self._all:
            for tab in window.context.pages:
                if tab != window.tab:
                    await tab.close()
            await window.tab.evaluate("localStorage.clear()")  # the process has a copy
            await window.context.clear_cookies()
            everything = {"origin": self.url, "storageTypes": "all"}
            await window.devtools.send("Storage.clearDataForOrigin", everything)
        self._free = list(self._all)

    async def _open(self) -> Window:
        context = await new_window(self.browser)
        await context.add_init_script(DRAW_NO_BLUR)
        tab = await context.new_page()
        await tab.goto(f"{self.url}/healthz")
        window = Window(tab, await context.new_cdp_session(tab))
        self._all.append(window)
        return window
