"""The list of tickets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Enter
from tests.browser.long_list import (
    OWNER,
    file_ten_thousand_tickets,
    remove_ten_thousand_tickets,
)
from tests.support.server import Desk, Person


@pytest.fixture
def ten_thousand_tickets(unthrottled_desk: Desk) -> Iterator[None]:
    file_ten_thousand_tickets(unthrottled_desk)
    yield
    remove_ten_thousand_tickets(unthrottled_desk)


async def test_a_new_ticket_comes_into_another_agents_inbox_by_itself(
    enter: Enter, carol: Person
) -> None:
    bob = await enter("bob")
    await bob.page.wait_for_selector(".row")
    carol.new_ticket("Fresh from the press")
    await bob.sees("Fresh from the press", ".virtual-list")


async def test_a_customer_sees_their_own_tickets_only(enter: Enter, carol: Person) -> None:
    carol.new_ticket("Carol's secret")
    dave = await enter("dave")
    await dave.page.wait_for_selector(".row")
    assert "Carol's secret" not in await dave.page.inner_text("body")


async def test_an_assignment_moves_a_ticket_between_views(
    enter: Enter, carol: Person, alice: Person
) -> None:
    ticket = carol.new_ticket("Whose is it")
    window = await enter("alice")
    await window.page.click(".tab:has-text('Mine')")
    await window.page.wait_for_selector(".tab[aria-selected=true]:has-text('Mine')")
    me = alice.get("auth/me/").json()["id"]
    alice.post(f"tickets/{ticket['id']}/assign/", {"assignee": me})
    await window.sees("Whose is it", ".virtual-list")
    alice.post(f"tickets/{ticket['id']}/transition/", {"status": "resolved"})
    await window.sees_no("Whose is it", ".virtual-list")


async def test_an_event_touches_its_own_row_and_no_other(
    enter: Enter, carol: Person, alice: Person
) -> None:
    other = carol.new_ticket("Stays as it is")
    ticket = carol.new_ticket("Changes")
    window = await enter("alice")
    await window.sees("Changes", ".virtual-list")
    await window.page.evaluate(
        """() => {
          window.touched = new Set();
          new MutationObserver((changes) => {
            for (const { target } of changes) {
              const row = (target.nodeType === 1 ? target : target.parentElement)?.closest(".row");
              if (row) window.touched.add(row.querySelector(".row-subject").textContent);
            }
          }).observe(document.querySelector(".virtual-list"), { subtree: true, childList: true, characterData: true });
        }"""
    )
    alice.patch(f"tickets/{ticket['id']}/", {"priority": "urgent"}, **{"If-Match": "*"})
    await window.page.wait_for_selector(".row:has-text('Changes') .priority[data-priority=urgent]")
    touched = await window.page.evaluate("[...window.touched]")
    assert touched == ["Changes"]
    assert other["subject"] not in touched


@pytest.mark.usefixtures("ten_thousand_tickets")
async def test_ten_thousand_tickets_scroll_with_a_screenful_of_rows(enter: Enter) -> None:
    erin = await enter(OWNER)
    await erin.page.wait_for_selector(".tab:has-text('Open') .tab-count:has-text('10000')")
    rows = await erin.page.evaluate(
        """async () => {
          const list = document.querySelector(".virtual-list");
          const rows = [];
          for (let step = 0; step < 60; step++) {
            list.scrollTop += 1500;
            await new Promise(requestAnimationFrame);
            rows.push(document.querySelectorAll(".row").length);
          }
          return rows;
        }"""
    )
    assert all(5 < count < 60 for count in rows), rows


async def test_the_keyboard_moves_through_the_list(enter: Enter, carol: Person) -> None:
    carol.new_ticket("Second")
    carol.new_ticket("First")
    alice = await enter("alice")
    await alice.sees("First", ".virtual-list")
    await alice.page.keyboard.press("j")
    await alice.sees("First", ".ticket-head")
    await alice.page.keyboard.press("j")
    await alice.sees("Second", ".ticket-head")
    await alice.page.keyboard.press("k")
    await alice.sees("First", ".ticket-head")


async def test_every_view_is_in_sight_whatever_it_counts(enter: Enter) -> None:
    alice = await enter("alice")
    await alice.page.wait_for_selector(".row")
    for width in (1440, 1240, 721, 390):
        await alice.page.set_viewport_size({"width": width, "height": 844})
        lines = await alice.page.evaluate(
            """() => {
              for (const count of document.querySelectorAll(".tab-count:not(:empty)")) count.textContent = "321";
              const tabs = [...document.querySelectorAll(".tab")].map((tab) => tab.getBoundingClientRect());
              const end = document.querySelector(".tabs").getBoundingClientRect().right;
              return tabs.every(({ right }) => right <= end) && new Set(tabs.map(({ top }) => top)).size;
            }"""
        )
        assert lines == 1, width


async def test_a_row_says_when_what_was_promised_is_due(
    enter: Enter, unthrottled_desk: Desk, carol: Person, alice: Person
) -> None:
    body = {"subject": "Which bill", "content": "The one of May.", "queue": "billing"}
    ticket = carol.post("tickets/", body).json()
    me = alice.get("auth/me/").json()["id"]
    alice.post(f"tickets/{ticket['id']}/assign/", {"assignee": me})
    window = await enter("alice")
    row = ".row:has-text('Which bill')"
    await window.page.wait_for_selector(f"{row} >> text=Reply due in")
    unthrottled_desk.shell(
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "from tickets.models import SLAClock\n"
        f"clock = SLAClock.objects.get(ticket='{ticket['id']}', metric='first_response')\n"
        "clock.breached_at = timezone.now()\n"
        "clock.due_at = clock.breached_at - timedelta(minutes=1)\n"
        "clock.save()\n"
    )
    await window.page.wait_for_selector(f"{row} .row-due[data-state=overdue]:has-text('overdue')")
    alice.post(f"tickets/{ticket['id']}/messages/", {"content": "Here it is."})
    await window.page.wait_for_selector(f"{row} >> text=Solution due in")


async def test_what_could_not_be_loaded_is_not_called_nothing(enter: Enter, carol: Person) -> None:
    old, new = carol.new_ticket("Asked twice"), carol.new_ticket("Asked once")
    alice = Person(carol.server, "alice")
    merged = alice.post(f"tickets/{old['id']}/merge/", {"into": new["id"]}, **{"If-Match": "*"})
    assert merged.status_code == 200, merged.text
    window = await enter("carol")
    await window.page.route("**/tickets/?status=resolved*", lambda route: route.abort())
    await window.page.get_by_role("tab", name="Solved").click()
    await window.sees("couldn’t be loaded", ".list-panel")
    await window.page.unroute_all()
    await window.page.click(".list-panel >> text=Try again")
    await window.sees("Asked twice", ".virtual-list")
    await window.page.route("**/notifications/", lambda route: route.abort())
    await window.page.reload()
    await window.page.click(".bell")
    await window.sees("couldn’t be loaded", ".notification-panel")
    await window.page.unroute_all()
    await window.page.click(".notification-panel >> text=Try again")
    await window.page.wait_for_selector(".notification-panel .notification")


async def test_whoever_has_no_tickets_yet_is_offered_to_write_one(
    enter: Enter, unthrottled_desk: Desk
) -> None:
    unthrottled_desk.shell(
        "from django.contrib.auth.models import User\n"
        "User.objects.create_user('nora', 'nora@example.com', 'Secret123')\n"
    )
    nora = await enter("nora")
    await nora.sees("You have no tickets yet.", ".list-panel")
    assert "shortcuts" not in await nora.page.inner_text(".detail")
    await nora.page.click(".list-panel >> text=New ticket")
    await nora.page.wait_for_selector("dialog input[name=subject]")
