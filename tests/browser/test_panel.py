"""The side panel of a ticket that changes while somebody is at it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator

from tests.browser.conftest import Enter
from tests.browser.visitor import Visitor
from tests.support.server import Person

Ticket = dict[str, Any]
ON_THE_TEXT = {"x": 20, "y": 17}


@pytest_asyncio.fixture(loop_scope="session")
async def window(enter: Enter, ticket: Ticket) -> Visitor:
    """Alice's, with the ticket open."""
    visitor = await enter("alice")
    await visitor.open_ticket(ticket)
    return visitor


@pytest.mark.parametrize("pressed, then", [("Status: New", "Solved"), ("Priority: Normal", "Low")])
async def test_a_button_opens_its_menu_though_the_ticket_changes_between_press_and_release(
    window: Visitor, ticket: Ticket, bob: Person, pressed: str, then: str
) -> None:
    await window.page.get_by_label(pressed).hover(position=ON_THE_TEXT)
    await window.page.mouse.down()
    await _becomes_urgent(window, ticket, bob)
    await window.page.mouse.up()
    await _items(window).get_by_text(then, exact=True).wait_for()


async def test_an_open_menu_stays_and_shows_what_the_ticket_has_become(
    window: Visitor, ticket: Ticket, bob: Person
) -> None:
    await window.page.get_by_label("Priority: Normal").click()
    await window.page.keyboard.press("ArrowDown")
    focused = await window.page.inner_text(":focus")
    await _becomes_urgent(window, ticket, bob)
    checked = window.page.get_by_role("menuitemradio", checked=True)
    await checked.get_by_text("Urgent").wait_for()
    assert await checked.count() == 1
    assert await window.page.inner_text(":focus") == focused
    await window.page.keyboard.press("Escape")
    await window.page.wait_for_selector(
        "[aria-label='Priority: Urgent'][aria-expanded=false]:focus"
    )


async def test_an_open_menu_offers_the_moves_that_are_legal_now(
    window: Visitor, ticket: Ticket, bob: Person
) -> None:
    await window.page.get_by_label("Status: New").click()
    path = f"tickets/{ticket['id']}/transition/"
    await asyncio.to_thread(bob.post, path, {"status": "resolved"})
    await _items(window).get_by_text("Pending").wait_for(state="detached")
    assert await _items(window).all_inner_texts() == ["Open", "Closed"]
    await window.page.keyboard.press("Enter")
    await window.page.get_by_label("Status: Open").wait_for()


async def test_keys_for_the_ticket_do_nothing_in_a_menu_which_goes_with_it(
    window: Visitor, ticket: Ticket, carol: Person
) -> None:
    other = carol.new_ticket("The next one")
    page = window.page
    await page.get_by_label("Priority: Normal").click()
    for key in ("e", "j", "End"):
        await page.keyboard.press(key)
    await page.wait_for_selector(".menu-item:focus:has-text('Urgent')")
    await page.keyboard.press("Home")
    await page.wait_for_selector(".menu-item:focus:has-text('Low')")
    await page.keyboard.press("End")
    await page.keyboard.press("Tab")
    await page.wait_for_selector("[aria-label='Queue: Support']:focus")
    assert await page.locator(".popover").count() == 0
    await page.get_by_label("Status: New").click()
    await window.open_ticket(other)
    await page.wait_for_selector(".popover", state="detached")
    assert carol.get(f"tickets/{ticket['id']}/").json()["status"] == "new"


async def test_what_could_not_be_loaded_is_not_shown_as_nothing(window: Visitor) -> None:
    for path in ("tickets/*/events/", "canned-replies/*"):
        await window.page.route(f"**/api/v1/{path}", lambda route: route.abort())
    await window.page.get_by_role("button", name="History").click()
    await window.sees("The history couldn’t be loaded.", ".history")
    await window.page.get_by_label("Canned replies").click()
    await window.sees("can’t be reached", ".snackbars")
    await window.page.unroute("**/api/v1/tickets/*/events/")
    await window.page.get_by_role("button", name="History").click()
    await window.page.get_by_role("button", name="History").click()
    await window.sees("user none → Carol Clark", ".history")


async def test_on_a_phone_the_panel_is_left_by_a_key_or_by_a_tap_and_a_message_has_lines(
    window: Visitor,
) -> None:
    page = window.page
    devtools = await window.context.new_cdp_session(page)
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    await devtools.send("Emulation.setDeviceMetricsOverride", screen)
    await devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    await window.say("There, Enter makes a line")
    assert await page.input_value(".composer-input") == "There, Enter makes a line\n"
    details = page.get_by_role("button", name="Details", exact=True)
    await details.click()
    await page.wait_for_selector(".side-close:focus")
    await window.stands_still()
    head, side = [await page.locator(one).bounding_box() for one in (".ticket-head", ".side")]
    assert head
    assert side
    assert head["y"] + head["height"] == pytest.approx(side["y"], abs=1)
    await page.keyboard.press("Escape")
    await page.wait_for_selector(".side-toggle:focus")
    await details.click()
    await page.locator(".thread").click(position={"x": 5, "y": 50})
    await page.wait_for_selector(".side", state="hidden")


async def test_an_agent_sees_live_what_was_promised_to_the_customer(
    window: Visitor, alice: Person, carol: Person
) -> None:
    bill = {"subject": "Too much", "content": "20 €", "queue": "billing", "priority": "high"}
    ticket = carol.post("tickets/", bill).json()
    await window.open_ticket(ticket)
    await window.sees("Reply due", ".side")
    assert f"#{ticket['number']} Too much" in await window.page.title()
    alice.post(f"tickets/{ticket['id']}/transition/", {"status": "pending"})
    await window.sees("Rests, 2 h left", ".side .clock")


async def test_a_tag_that_somebody_is_about_to_add_stays_while_the_ticket_changes(
    window: Visitor, ticket: Ticket, bob: Person
) -> None:
    await window.page.get_by_label("Add tag").fill("refund")
    await _becomes_urgent(window, ticket, bob)
    await window.page.keyboard.press("Enter")
    await window.page.get_by_label("Remove tag refund").wait_for()
    await window.page.wait_for_selector(".tag-input:placeholder-shown")
    await window.page.get_by_label("Remove tag refund").click()
    await window.page.get_by_label("Remove tag refund").wait_for(state="detached")
    await window.page.wait_for_selector(".tag-input:focus")


async def _becomes_urgent(window: Visitor, ticket: Ticket, colleague: Person) -> None:
    path = f"tickets/{ticket['id']}/"
    await asyncio.to_thread(colleague.patch, path, {"priority": "urgent"}, **{"If-Match": "*"})
    await window.page.get_by_label("Priority: Urgent").wait_for()


def _items(window: Visitor) -> Locator:
    return window.page.locator(".menu-item")
