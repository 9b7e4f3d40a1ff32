"""The bell, the snackbar and the title."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import Enter
from tests.support.server import Person


async def test_a_reply_is_announced_counted_and_read_by_opening_it(
    enter: Enter, ticket: dict[str, Any], alice: Person
) -> None:
    carol = await enter("carol")
    await carol.page.wait_for_selector(".row")
    await carol.page.click(".bell")
    # Nothing may have been unread: what comes before the answer would be marked, too.
    async with carol.page.expect_response("**/mark-all-read/"):
        await carol.page.click(".notification-panel >> text=Mark all read")
    await carol.page.wait_for_selector(".bell .badge", state="hidden")
    await carol.page.keyboard.press("Escape")
    alice.post(f"tickets/{ticket['id']}/messages/", {"content": "Have you tried again?"})
    await carol.sees("Have you tried again?", ".snackbars")
    await carol.page.wait_for_selector(".bell .badge:has-text('1')")
    await carol.until("document.title.startsWith('(1) ')")
    await carol.page.click("a.snackbar-body")
    await carol.sees("Have you tried again?", ".thread")
    await carol.page.wait_for_selector(".bell .badge", state="hidden")
    await carol.until("!document.title.startsWith('(')")


async def test_reading_in_one_tab_clears_the_other(
    enter: Enter, ticket: dict[str, Any], alice: Person
) -> None:
    carol = await enter("carol")
    await carol.page.wait_for_selector(".row")
    second = await carol.tab()
    await second.goto(carol.url)
    await second.wait_for_selector(".row")
    alice.post(f"tickets/{ticket['id']}/messages/", {"content": "One more question"})
    await second.wait_for_selector(".bell .badge")
    await carol.page.wait_for_selector(".bell .badge")
    await carol.page.click(".bell")
    await carol.page.click(".notification-panel >> text=Mark all read")
    await second.wait_for_selector(".bell .badge", state="hidden")


async def test_nobody_hears_of_their_own_act(
    enter: Enter, ticket: dict[str, Any], alice: Person
) -> None:
    window = await enter("alice")
    await window.open_ticket(ticket)
    before = alice.get("notifications/counts/").json()
    await window.say("My own words")
    await window.page.wait_for_selector(".message.own:not(.pending)")
    assert await window.page.locator(".snackbar").count() == 0
    assert alice.get("notifications/counts/").json() == before


async def test_the_panel_is_all_on_the_screen_of_a_phone(
    enter: Enter, carol: Person, alice: Person
) -> None:
    for number in range(5):
        ticket = carol.new_ticket(f"On the phone, {number}")
        alice.post(f"tickets/{ticket['id']}/messages/", {"content": "An answer"})
    window = await enter("carol", viewport={"width": 390, "height": 844}, has_touch=True)
    await window.page.wait_for_selector(".bell .badge")
    await window.page.click(".bell")
    await window.page.wait_for_selector(".notification-panel .notification >> nth=4")
    await window.until(
        """(() => {
          const { top, bottom } = document.querySelector(".popover").getBoundingClientRect();
          return top >= 0 && bottom <= innerHeight;
        })()"""
    )
