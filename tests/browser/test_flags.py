"""The flags' page: parts of it come and go while it is open."""

from __future__ import annotations

from playwright.async_api import Browser

from tests.browser.visitor import Visitor
from tests.support.admin import AdminVisitor
from tests.support.server import Server

EDITOR = "/admin/waffle/flag/1/change/"


async def test_a_part_of_a_page_comes_and_goes_without_a_reload(
    chrome: Browser, site: Server
) -> None:
    dave = await Visitor(chrome, site.url).open()
    await dave.page.goto(f"{site.url}/examples/flags/")
    await dave.page.fill("input[name=username]", "dave")
    await dave.page.fill("input[name=password]", "Secret123")
    await dave.page.click("form button")
    await dave.sees("new-editor: off")
    await dave.page.evaluate("window.still = 'the same page'")
    admin = AdminVisitor(site, "admin", "admin")
    for everyone, state in (("true", "on"), ("false", "off"), ("unknown", "off")):
        admin.save(EDITOR, everyone=everyone)
        await dave.sees(f"new-editor: {state}")
        shown = "visible" if state == "on" else "hidden"
        await dave.page.locator("[data-flag=new-editor]").wait_for(state=shown)
    assert await dave.page.evaluate("window.still") == "the same page"
    assert dave.problems == []
