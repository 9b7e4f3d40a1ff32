"""Files that go with a message: to the other side, and not before it is sent."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import FilePayload

from tests.browser.conftest import Enter
from tests.browser.visitor import Visitor
from tests.support.server import Person

Ticket = dict[str, Any]
CHIP = ".composer-files .file-chip"


def _text(name: str, content: bytes = b"It burns.") -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": content}


async def _attach(window: Visitor, *names: str) -> None:
    await window.page.set_input_files("input[type=file]", [_text(name) for name in names])
    for name in names:
        await window.page.click(f"{CHIP}:has-text('{name}') .file-name:enabled", trial=True)


@pytest.fixture
def path(ticket: Ticket) -> str:
    return f"tickets/{ticket['id']}/attachments/"


def _names(person: Person, path: str) -> list[str]:
    return [file["name"] for file in person.get(path).json()["results"]]


async def test_an_agents_file_reaches_the_customer_with_the_message_and_not_before(
    enter: Enter, ticket: Ticket, path: str, carol: Person, alice: Person
) -> None:
    window, customer = await enter("alice"), await enter("carol")
    await window.open_ticket(ticket)
    await customer.open_ticket(ticket)
    await _attach(window, "meant.txt", "mistaken.txt")
    assert _names(carol, path) == []
    await window.page.reload()
    await window.page.get_by_label("Remove mistaken.txt").click()
    await window.page.wait_for_selector(f"{CHIP}:has-text('mistaken')", state="detached")
    await window.page.click(".composer-tab:has-text('Note')")
    assert await window.page.locator(CHIP).count() == 0
    await window.page.click(".composer-tab:has-text('Reply')")
    await window.page.click(".composer .button.primary")
    chip = customer.page.locator(".message .file-chip", has_text="meant.txt")
    async with customer.page.expect_download() as opened:
        await chip.click()
    assert (await opened.value).suggested_filename == "meant.txt"
    await customer.sees("meant.txt", ".side .files")
    assert _names(alice, path) == _names(carol, path) == ["meant.txt"]
    assert await window.page.locator(CHIP).count() == 0


async def test_a_file_goes_with_the_text_and_one_that_is_refused_with_none(
    enter: Enter, ticket: Ticket, path: str, alice: Person
) -> None:
    carol = await enter("carol")
    await carol.open_ticket(ticket)
    await carol.page.set_input_files("input[type=file]", [_text("page.txt", b"<!doctype html>")])
    await carol.sees("aren't taken", ".snackbars")
    await carol.page.wait_for_selector(CHIP, state="detached")
    await _attach(carol, "log.txt")
    await carol.say("See there")
    message = carol.page.locator(".message.own:not(.pending)", has_text="See there")
    await message.locator(".file-chip", has_text="log.txt").wait_for()
    told = alice.get(f"tickets/{ticket['id']}/messages/").json()["results"][-1]
    assert [file["name"] for file in told["attachments"]] == _names(alice, path) == ["log.txt"]
