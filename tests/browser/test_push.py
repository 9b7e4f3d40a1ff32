"""Web pushes as a browser shows them."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

from playwright.async_api import Browser

from tests.browser.visitor import PATIENCE
from tests.support.server import Server

AGAIN = 3
"""Seconds after which a push service delivers again what was not taken."""

REGISTER = """async () => {
  await navigator.serviceWorker.register("/api/v1/notifications/push/worker.js", { scope: "/" });
  const { active } = await navigator.serviceWorker.ready;
  while (active.state !== "activated") {
    await new Promise((done) => active.addEventListener("statechange", done, { once: true }));
  }
}"""
SHOWN = """async () => {
  const worker = await navigator.serviceWorker.ready;
  const shown = await worker.getNotifications();
  return shown.map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url }));
}"""


async def test_a_push_is_shown_and_a_newer_one_takes_its_place(
    whole_chrome: Browser, site: Server
) -> None:
    context = await whole_chrome.new_context()
    await context.grant_permissions(["notifications"], origin=site.url)
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    registrations: asyncio.Queue[str] = asyncio.Queue()

    def registered(event: dict[str, Any]) -> None:
        for registration in event["registrations"]:
            registrations.put_nowait(registration["registrationId"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", registered)
    await devtools.send("ServiceWorker.enable")
    await page.goto(site.url)
    await page.evaluate(REGISTER)
    registration = await asyncio.wait_for(registrations.get(), PATIENCE / 1000)

    async def is_shown_after(data: str, *titles: str) -> Any:
        """Delivers a push until these are shown: a push that comes while its page asks what is shown gets lost at times."""
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            await devtools.send(
                "ServiceWorker.deliverPushMessage",
                {"origin": site.url, "registrationId": registration, "data": data},
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN):
                    return await shown(*titles)
        raise TimeoutError(f"not shown: {titles}")

    async def shown(*titles: str) -> Any:
        while True:
            found = await page.evaluate(SHOWN)
            if {one["title"] for one in found} == set(titles):
                return found
            await asyncio.sleep(0.05)

    told = {"title": "One reply", "message": "Hello", "url": "/tickets/1/", "tag": "7"}
    assert await is_shown_after(json.dumps(told), "One reply") == [
        {"title": "One reply", "body": "Hello", "tag": "7", "url": "/tickets/1/"}
    ]
    newer = {**told, "title": "2 replies"}
    assert len(await is_shown_after(json.dumps(newer), "2 replies")) == 1
    other = {**told, "title": "Another", "tag": "8"}
    assert len(await is_shown_after(json.dumps(other), "2 replies", "Another")) == 2
    await is_shown_after("not JSON", "2 replies", "Another", "Livedesk")
    await context.close()
