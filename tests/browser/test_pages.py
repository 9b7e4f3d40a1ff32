"""Dashboard, search, settings, explorer, new ticket, call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.browser.conftest import Enter
from tests.browser.visitor import SEARCHED, Visitor
from tests.support.server import Person


async def test_the_dashboard_moves_by_itself(enter: Enter, alice: Person, carol: Person) -> None:
    window = await enter("alice")
    await window.page.click("a[href='/dashboard']")
    await window.page.wait_for_selector(".tile:first-child:has-text('Active tickets')")
    tile = "document.querySelector('.tile-value').textContent"
    # At first it may show what was told last, before anybody looked.
    active = alice.get("dashboard/stats/").json()["active"]
    await window.until(f"{tile} === '{active}'")
    carol.new_ticket("One more")
    await window.until(f"{tile} === '{active + 1}'")


async def test_a_chart_of_bars_shows_what_is_there_now_and_no_more(enter: Enter) -> None:
    alice = await enter("alice")
    shown = await alice.page.evaluate(
        """async () => {
          const { BarChart } = await import("/static/livedesk/js/ui/charts.js");
          const chart = new BarChart("Work");
          chart.set([{ label: "Bob", value: 2 }, { label: "Alice", value: 1 }]);
          chart.set([{ label: "Carol", value: 3 }, { label: "Alice", value: 1 }]);
          return [...chart.element.querySelectorAll(".bar-label")].map((one) => one.textContent);
        }"""
    )
    assert shown == ["Carol", "Alice"]


async def test_a_customer_files_a_ticket(enter: Enter) -> None:
    dave = await enter("dave")
    await dave.page.click(".new-ticket")
    await dave.page.click("dialog >> text=Create ticket")
    await dave.sees("Give it a subject.")
    await dave.page.fill("dialog input[name=subject]", "The door is stuck")
    await dave.page.fill("dialog textarea[name=content]", "It doesn't *open*.")
    await dave.page.click("dialog >> text=Create ticket")
    await dave.sees("The door is stuck", ".ticket-head")
    await dave.page.wait_for_selector(".message em:has-text('open')")


async def test_a_ticket_that_is_being_written_is_there_again_after_going_elsewhere(
    enter: Enter, ticket: dict[str, Any]
) -> None:
    dave = await enter("dave")
    await dave.follow("/notifications", "h1:has-text('Notifications')")
    await dave.page.click(".new-ticket")
    await dave.page.fill("dialog textarea[name=content]", "A long story")
    area = await dave.page.locator("dialog textarea").bounding_box()
    assert area
    await dave.page.mouse.move(area["x"] + 60, area["y"] + 20)
    await dave.page.mouse.down()
    await dave.page.mouse.move(5, area["y"] + 20)
    await dave.page.mouse.up()
    assert await dave.page.locator("dialog[open]").count() == 1
    await dave.page.go_back()
    await dave.page.wait_for_selector("dialog", state="detached")
    await dave.page.click(".new-ticket")
    assert await dave.page.input_value("dialog textarea") == "A long story"
    await dave.page.click("dialog >> text=Cancel")
    await dave.page.click(".new-ticket")
    assert await dave.page.input_value("dialog textarea") == ""


async def test_search_finds_words_in_messages_and_opens_their_ticket(
    enter: Enter, carol: Person
) -> None:
    carol.new_ticket("About birds", "A xenopsaris was seen in the garden.")
    alice = await enter("alice")
    await alice.page.keyboard.press("/")
    await alice.page.wait_for_selector(".search-input:focus")
    await alice.page.keyboard.type("xenopsaris")
    await alice.page.wait_for_selector(".result mark:has-text('xenopsaris')")
    await alice.page.click(".result")
    await alice.sees("About birds", ".ticket-head")


async def test_the_explorer_shows_frames_and_sends_some(enter: Enter) -> None:
    alice = await enter("alice")
    await alice.page.click("a[href='/explorer']")
    await alice.page.fill("[aria-label='Room to listen to']", "channel:1")
    await alice.page.get_by_role("button", name="Join", exact=True).click()
    await alice.page.wait_for_selector(".frame:has-text('channel:1')")
    await alice.page.fill("[aria-label='Frame to send']", '{"type": "no_such_type"}')
    await alice.page.get_by_role("button", name="Send", exact=True).click()
    await alice.sees("unknown_type", ".sender")
    await alice.page.fill("[aria-label='Frame to send']", "not json")
    await alice.page.get_by_role("button", name="Send", exact=True).click()
    await alice.sees("Not JSON", ".sender")


async def test_a_video_call_connects_two_browsers(enter: Enter, ticket: dict[str, Any]) -> None:
    alice, carol = await enter("alice"), await enter("carol")
    await alice.open_ticket(ticket)
    await carol.open_ticket(ticket)
    await alice.page.wait_for_selector(".viewers:not([hidden])")
    await alice.page.get_by_label("Start a call").click()
    await alice.page.click(".call-person:has-text('Carol Clark') >> text=Video")
    await carol.sees("Alice Archer is calling")
    await carol.page.keyboard.press("Escape")
    await alice.sees("The call was declined.", ".snackbars")
    await alice.page.get_by_label("Start a call").click()
    await alice.page.click(".call-person:has-text('Carol Clark') >> text=Video")
    await carol.page.click("dialog >> text=Answer")
    for visitor in (alice, carol):
        await visitor.page.wait_for_selector(".call[data-state=connected]")
        await visitor.until("document.querySelector('.call-remote').videoWidth > 0")
    await _share_the_screen(alice, carol)
    await carol.page.get_by_label("Hang up").click()
    await alice.page.wait_for_selector(".call", state="detached")
    assert not await _is_capturing(alice)


REMOTE = "document.querySelector('.call-remote')"
KEEP_SCREENS = """
const ask = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getDisplayMedia = async (wanted) => (window.screenShared = await ask(wanted));
"""


async def _share_the_screen(here: Visitor, there: Visitor) -> None:
    """In the camera's place, until it is stopped; and a call that ends stops it, too."""
    await here.page.evaluate(KEEP_SCREENS)
    camera = await there.page.evaluate(f"{REMOTE}.videoWidth")
    share = here.page.get_by_label("Share the screen")
    await share.click()
    await there.until(f"{REMOTE}.videoWidth !== {camera}")
    await share.click()
    await there.until(f"{REMOTE}.videoWidth === {camera}")
    await share.click()
    await there.until(f"{REMOTE}.videoWidth !== {camera}")


async def _is_capturing(visitor: Visitor) -> bool:
    return bool(
        await visitor.page.evaluate("window.screenShared.getTracks()[0].readyState === 'live'")
    )


async def test_the_days_of_the_dashboard_are_the_servers_wherever_one_is(enter: Enter) -> None:
    window = await enter("alice", timezone_id="America/New_York")
    await window.page.click("a[href='/dashboard']")
    await window.page.wait_for_selector(".facts > *")
    days = await window.page.locator(".line-chart .axis").all_text_contents()
    today = datetime.now(UTC)
    assert days[-1] in {f"{day:%b} {day.day}" for day in (today, today - timedelta(minutes=5))}


async def test_search_shows_all_that_there_is_page_by_page(enter: Enter, carol: Person) -> None:
    for number in range(21):
        carol.new_ticket(f"Quagga {number}")
    window = await enter("carol")
    await window.follow("/search?q=quagga", SEARCHED)
    await window.sees("20 or more tickets", ".page")
    await window.page.click("text=Show more")
    await window.sees("21 tickets", ".page")
    assert await window.page.locator(".result").count() == 21
    assert "assignee:me" not in await window.page.inner_text(".examples")


async def test_settings_tell_what_was_stopped_and_what_is_missing(
    enter: Enter, carol: Person
) -> None:
    path = "notifications/preferences/"
    assert carol.patch(path, {"settings": {"emails_stopped": True}}).status_code == 200
    window = await enter("carol")
    await window.follow("/settings", ".matrix")
    assert await window.page.get_by_label("No e-mails at all").is_checked()
    async with window.page.expect_response(f"**/{path}"):
        await window.page.get_by_label("No e-mails at all").uncheck()
    await window.page.get_by_label("Quiet from").fill("22:00")
    await window.sees("Both times are needed.")
    async with window.page.expect_response(f"**/{path}"):
        await window.page.select_option("select[name=digest]", "weekly")
    async with window.page.expect_response(f"**/{path}"):
        await window.page.select_option("select[name=digest_weekday]", "Friday")
    settings = carol.get(path).json()["settings"]
    assert (settings["emails_stopped"], settings["digest"]) == (False, "weekly")
    assert (settings["quiet_from"], settings["digest_weekday"]) == (None, 4)


async def test_single_keys_do_nothing_where_they_are_switched_off(enter: Enter) -> None:
    window = await enter("carol")
    await window.follow("/settings", ".matrix")
    await window.page.get_by_label("Keyboard shortcuts").uncheck()
    await window.page.keyboard.press("/")
    await window.page.get_by_label("Keyboard shortcuts").check()
    assert window.page.url.endswith("/settings")
    await window.page.keyboard.press("/")
    await window.page.wait_for_selector(".search-input:focus")


async def test_on_a_phone_the_focus_goes_along_the_bar_and_the_theme_follows_the_device(
    enter: Enter,
) -> None:
    alice = await enter("alice")
    await alice.page.get_by_label("Switch to dark").wait_for()
    await alice.page.emulate_media(color_scheme="dark")
    await alice.page.get_by_label("Switch to light").wait_for()
    await alice.page.set_viewport_size({"width": 390, "height": 844})
    places = await alice.page.evaluate(
        """() => [...document.querySelectorAll(".sidebar a, .sidebar button")]
          .map((one) => one.getBoundingClientRect()).filter(({ width }) => width).map(({ left }) => left)"""
    )
    assert len(places) > 4
    assert places == sorted(places)
    await alice.page.click(".account")
    await alice.page.get_by_role("menuitem", name="Explorer").click()
    await alice.page.wait_for_selector(".state-pill")
