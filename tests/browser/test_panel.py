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


async def _becomes_urgent(window: Visitor, ticket: Ticket, colleague: Person) -> None:
    path = f"tickets/{ticket['id']}/"
    await asyncio.to_thread(colleague.patch, path, {"priority": "urgent"}, **{"If-Match": "*"})
    await window.page.get_by_label("Priority: Urgent").wait_for()


def _items(window: Visitor) -> Locator:
    return window.page.locator(".menu-item")
