"""Somebody at the console: a window of Chromium with a session of its own."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Response

from tests.browser.windows import new_window

PATIENCE = 60_000
"""Milliseconds that anything on a page may take, on a busy machine."""

SEARCHED = ".page:not([aria-busy]) [role=status].muted:not(:empty)"
PAGES = {
    "/": ".row",
    "/dashboard": ".facts > *",
    "/notifications": ".notification-list > *",
    "/search?q=refund": SEARCHED,
    "/explorer": ".state-pill",
    "/settings": "main:has(.matrix) .setting-line > *",
}
"""With what is there once they have been filled."""

FADES_ARE_OVER = """async () => {
  const ends = ({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime);
  for (;;) {
    await new Promise(requestAnimationFrame);
    const running = document.getAnimations().filter((one) => ends(one) && one.playState !== "finished");
    if (!running.length) return;
    await Promise.allSettled(running.map((one) => one.finished));
  }
}"""

FOLLOW_LINK = """(address) => {
  const link = document.createElement("a");
  link.href = address;
  document.body.append(link);
  link.click();
  link.remove();
}"""


class Visitor:
    """A person with a window. ``problems`` collects what no page should have: script errors, refused content, 5xx."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.problems: list[str] = []
        self.context: BrowserContext
        self.page: Page

    async def open(self, **options: Any) -> Visitor:
        """Opens a window of their own; ``options`` as of a Playwright context."""
        return await self.come_to(await new_window(self.browser, **options))

    async def come_to(self, window: BrowserContext) -> Visitor:
        """Opens a tab in a window that is there."""
        self.context = window
        self.context.set_default_timeout(PATIENCE)
        self.page = await self.tab()
        return self

    async def tab(self) -> Page:
        """A further tab of the same window."""
        page = await self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("response", self._response)
        return page

    async def sign_in(self, username: str, password: str = "Secret123") -> Visitor:
        await self.page.goto(self.url)
        await submit_sign_in(self.page, username, password)
        await self.page.wait_for_selector(".shell")
        return self

    async def come_back(self) -> Visitor:
        """Where somebody has stayed signed in."""
        await self.page.goto(self.url)
        await self.page.wait_for_selector(".shell")
        return self

    async def open_ticket(self, ticket: dict[str, Any]) -> None:
        await self.follow(f"/tickets/{ticket['id']}", ".composer")

    async def follow(self, address: str, content: str) -> None:
        """Follows a link within the console, so that no page is loaded, and waits for what is to be there."""
        await self.page.evaluate(FOLLOW_LINK, address)
        await self.page.wait_for_selector(content)

    async def say(self, text: str) -> None:
        await self.page.fill(".composer-input", text)
        await self.page.press(".composer-input", "Enter")

    async def sees(self, text: str, within: str = "body") -> None:
        """Waits until a text is shown, somewhere; what is hidden (an option, say) is no matter."""
        await self._shown(text, within).wait_for()

    async def sees_no(self, text: str, within: str = "body") -> None:
        """Waits until a text isn't shown any more, anywhere."""
        await self._shown(text, within).wait_for(state="hidden")

    def _shown(self, text: str, within: str) -> Locator:
        return self.page.locator(within).get_by_text(text).filter(visible=True).first

    async def stands_still(self) -> None:
        """Waits until nothing on the page fades or moves any more, but for what always does."""
        await self.page.evaluate(FADES_ARE_OVER)

    async def until(self, expression: str) -> None:
        """Waits until a JavaScript expression is true. (Playwright's own way would need a policy that allows `eval`.)"""
        for _ in range(PATIENCE // 50):
            if await self.page.evaluate(expression):
                return
            await self.page.wait_for_timeout(50)
        raise TimeoutError(f"never: {expression}")

    def _console(self, message: ConsoleMessage) -> None:
        # A request that fails while the server is down is the subject of some tests; the page's own faults are not.
        expected = ("Failed to load resource", "WebSocket connection")
        if message.type == "error" and not any(text in message.text for text in expected):
            self.problems.append(message.text)

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} {response.url}")


async def submit_sign_in(
    page: Page, username: str, password: str = "Secret123", *, stay: bool = True
) -> None:
    """Fills in the form that a page shows; ``stay``: as all windows of the browser, not this one alone."""
    if not stay:
        await page.uncheck("input[name=stay]")
    await page.fill("input[name=username]", username)
    await page.fill("input[name=password]", password)
    await page.click("button[type=submit]")
