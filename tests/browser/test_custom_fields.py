"""Further fields of a queue: when a ticket is filed, and beside it. In the demo, tickets about bills have some."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Locator, Route

from tests.browser.conftest import Enter
from tests.browser.test_accessibility import violations
from tests.browser.visitor import Visitor
from tests.support.server import Desk, Person

FIELDS = {"kind": "Refund", "invoice": "R-7", "amount": 49.5}

OPEN_SHOP = """
from django.contrib.auth.models import User
from tickets.models import Queue
shop = Queue.objects.create(slug="shop", name="Shop", custom_fields={fields!r})
shop.members.add(User.objects.get(username="alice"))
"""
CLOSE_SHOP = """
from tickets.models import Queue, Ticket
Ticket.objects.filter(queue__slug="shop").delete()
Queue.objects.get(slug="shop").delete()
"""


@pytest.fixture
def bill(carol: Person) -> dict[str, Any]:
    """A ticket of Carol's about a bill, with fields."""
    body = {"subject": "Too much", "content": "It was 20 €.", "queue": "billing"}
    answer = carol.post("tickets/", {**body, "custom_fields": FIELDS})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def all_types(unthrottled_desk: Desk) -> AsyncIterator[None]:
    """A queue of Alice's with a field of each type."""
    fields = [
        *({"key": key, "label": key.title(), "type": key} for key in ("text", "number", "date")),
        {"key": "gift", "label": "Is it a gift?", "type": "yes_no"},
    ]
    await asyncio.to_thread(unthrottled_desk.shell, OPEN_SHOP.format(fields=fields))
    yield
    await asyncio.to_thread(unthrottled_desk.shell, CLOSE_SHOP)


def row(visitor: Visitor, name: str) -> Locator:
    return visitor.page.locator(".side .custom-row", has_text=name)


async def fill_in(visitor: Visitor) -> None:
    await visitor.page.click(".new-ticket")
    await visitor.page.fill("dialog input[name=subject]", "A wrong bill")
    await visitor.page.fill("dialog textarea[name=content]", "It should be less.")


async def test_a_ticket_is_filed_with_the_fields_of_its_queue(enter: Enter, alice: Person) -> None:
    dave = await enter("dave")
    await fill_in(dave)
    assert await dave.page.locator("dialog .custom-fields").is_hidden()
    await dave.page.select_option("dialog select[name=queue]", "billing")
    await dave.page.fill("dialog input[name=invoice]", "R-8")
    await dave.page.click("dialog >> text=Create ticket")
    await dave.sees("“About” is needed.", "dialog")
    await dave.page.select_option("dialog select[name=kind]", "Payment")
    await dave.page.select_option("dialog select[name=queue]", "support")
    assert await dave.page.locator("dialog .custom-fields").is_hidden()
    await dave.page.select_option("dialog select[name=queue]", "billing")
    await dave.page.fill("dialog input[name=amount]", "12.5")
    await dave.page.click("dialog >> text=Create ticket")
    await dave.sees("A wrong bill", ".ticket-head")
    assert await dave.page.locator(".custom-row").count() == 0
    filed = alice.get(f"tickets/{dave.page.url.rsplit('/', 1)[1]}/").json()
    assert filed["custom_fields"] == {"kind": "Payment", "invoice": "R-8", "amount": 12.5}


async def test_queues_that_come_late_can_be_chosen_all_the_same(enter: Enter) -> None:
    dave = await enter("dave")
    may_come = asyncio.Event()

    async def come_late(route: Route) -> None:
        await may_come.wait()
        await route.continue_()

    await dave.page.route("**/api/v1/queues/**", come_late)
    await dave.page.reload()
    await fill_in(dave)
    assert await dave.page.locator("dialog select[name=queue]").is_hidden()
    may_come.set()
    await dave.page.select_option("dialog select[name=queue]", "billing")
    await dave.page.fill("dialog input[name=invoice]", "R-9")
    assert await dave.page.input_value("dialog input[name=subject]") == "A wrong bill"


@pytest.mark.usefixtures("all_types")
async def test_every_type_has_its_control(enter: Enter, alice: Person) -> None:
    carol = await enter("carol")
    await fill_in(carol)
    await carol.page.select_option("dialog select[name=queue]", "shop")
    await carol.page.fill("dialog input[name=text]", " Blue ")
    await carol.page.focus("dialog input[name=number]")
    await carol.page.keyboard.type("1e")
    await carol.page.click("dialog >> text=Create ticket")
    await carol.sees("“Number” must be a number.", "dialog")
    await carol.page.fill("dialog input[name=number]", "-3")
    await carol.page.fill("dialog input[name=date]", "2026-01-31")
    await carol.page.check("dialog input[name=gift]")
    await carol.page.click("dialog >> text=Create ticket")
    await carol.sees("A wrong bill", ".ticket-head")
    filed = alice.get(f"tickets/{carol.page.url.rsplit('/', 1)[1]}/").json()
    wanted = {"text": "Blue", "number": -3, "date": "2026-01-31", "gift": True}
    assert filed["custom_fields"] == wanted
    window = await enter("alice")
    await window.open_ticket(filed)
    shown = window.page.locator(".side .custom-row .field-value")
    await shown.first.wait_for()
    assert await shown.all_text_contents() == ["Blue", "-3", "Jan 31, 2026", "Yes"]


async def test_an_agent_edits_the_fields_and_every_window_shows_it(
    enter: Enter, bill: dict[str, Any], alice: Person
) -> None:
    window, other = await enter("alice"), await enter("alice")
    await window.open_ticket(bill)
    await other.open_ticket(bill)
    await row(window, "Amount").get_by_text("49.5").wait_for()
    await window.page.get_by_label("Edit fields").click()
    assert await window.page.input_value("dialog input[name=invoice]") == "R-7"
    assert await violations(window) == []
    await window.page.select_option("dialog select[name=kind]", "")
    await window.page.click("dialog button[type=submit]")
    await window.sees("“About” is needed.", "dialog")
    await window.page.select_option("dialog select[name=kind]", "Payment")
    await window.page.fill("dialog input[name=amount]", "")
    await window.page.click("dialog button[type=submit]")
    await window.page.wait_for_selector("dialog", state="detached")
    for visitor in (window, other):
        await row(visitor, "About").get_by_text("Payment").wait_for()
        await row(visitor, "Amount").get_by_text("–").wait_for()
    stored = alice.get(f"tickets/{bill['id']}/").json()["custom_fields"]
    assert stored == {"kind": "Payment", "invoice": "R-7"}
    await window.page.click(".section-toggle")
    await window.sees("kind Refund → Payment", ".history")


async def test_two_agents_edit_the_fields_at_once_and_neither_loses_anything(
    enter: Enter, bill: dict[str, Any], alice: Person
) -> None:
    window = await enter("alice")
    await window.open_ticket(bill)
    await window.page.get_by_label("Edit fields").click()
    await window.page.fill("dialog input[name=amount]", "20")
    others = {"custom_fields": {**FIELDS, "invoice": "R-9"}}
    path = f"tickets/{bill['id']}/"
    await asyncio.to_thread(alice.patch, path, others, **{"If-Match": "*"})
    await row(window, "Invoice").get_by_text("R-9").wait_for()
    await window.page.click("dialog button[type=submit]")
    await window.sees("Somebody has just changed the ticket.", "dialog")
    assert await window.page.input_value("dialog input[name=invoice]") == "R-9"
    await window.page.click("dialog button[type=submit]")
    await window.page.wait_for_selector("dialog", state="detached")
    stored = alice.get(path).json()["custom_fields"]
    assert stored == {"kind": "Refund", "invoice": "R-9", "amount": 20}


async def test_the_panel_shows_the_fields_of_the_queue_that_a_ticket_has_moved_to(
    enter: Enter, bill: dict[str, Any], alice: Person
) -> None:
    window = await enter("alice")
    await window.open_ticket(bill)
    await row(window, "Invoice").get_by_text("R-7").wait_for()
    path = f"tickets/{bill['id']}/"
    await asyncio.to_thread(alice.patch, path, {"queue": "support"}, **{"If-Match": "*"})
    await window.page.get_by_label("Queue: Support").wait_for()
    assert await window.page.get_by_label("Edit fields").is_hidden()
    assert alice.get(path).json()["custom_fields"] == FIELDS
