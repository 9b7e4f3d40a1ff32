"""Lost connections: nothing is lost, nothing has to be reloaded."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser

from tests.browser.visitor import Visitor
from tests.support.server import Desk, Person


async def test_after_a_kill_and_restart_of_the_server_everything_is_right_again(
    chrome: Browser, unthrottled_desk: Desk
) -> None:
    server = unthrottled_desk.serve()
    ticket = Person(server, "carol").new_ticket("Through the storm")
    alice = await (await Visitor(chrome, server.url).open()).sign_in("alice")
    await alice.open_ticket(ticket)
    server.kill()
    await alice.sees("Reconnecting …", ".banner")
    await alice.say("Written while the server was down")
    await alice.sees("Waiting for connection")
    await alice.sees("1 message waits", ".banner")
    second = unthrottled_desk.serve(port=server.port)
    carol = Person(second, "carol")
    carol.post(f"tickets/{ticket['id']}/messages/", {"content": "Said before Alice was back"})
    await alice.page.wait_for_selector(".banner", state="hidden")
    await alice.sees("Said before Alice was back")
    await alice.page.wait_for_selector(".message.own:not(.pending)")
    carol.post(f"tickets/{ticket['id']}/messages/", {"content": "And after"})
    await alice.sees("And after")
    told = _contents(carol, ticket)
    assert told.count("Written while the server was down") == 1
    assert sorted(told) == sorted(await alice.page.locator(".message-body").all_inner_texts())


async def test_what_waits_to_be_sent_survives_a_reload(
    chrome: Browser, unthrottled_desk: Desk
) -> None:
    server = unthrottled_desk.serve()
    person = Person(server, "carol")
    ticket = person.new_ticket("In the tunnel")
    carol = await (await Visitor(chrome, server.url).open()).sign_in("carol")
    await carol.open_ticket(ticket)
    # The tab's storage is all that is left of a page that was closed while the server was away.
    server.kill()
    await carol.sees("Reconnecting …", ".banner")
    await carol.say("From the tunnel")
    await carol.sees("Waiting for connection")
    await carol.page.close()
    second = unthrottled_desk.serve(port=server.port)
    carol.page = await carol.tab()
    await carol.page.goto(f"{server.url}/tickets/{ticket['id']}")
    await carol.sees("From the tunnel")
    await carol.page.wait_for_selector(".message.own:not(.pending):has-text('From the tunnel')")
    assert _contents(Person(second, "carol"), ticket).count("From the tunnel") == 1


async def test_a_dashboard_is_right_again_after_a_restart(
    chrome: Browser, unthrottled_desk: Desk
) -> None:
    server = unthrottled_desk.serve()
    alice = await (await Visitor(chrome, server.url).open()).sign_in("alice")
    await alice.page.click("a[href='/dashboard']")
    active = Person(server, "alice").get("dashboard/stats/").json()["active"]
    tile = "document.querySelector('.tile-value').textContent"
    await alice.page.wait_for_selector(".tile")
    await alice.until(f"{tile} === '{active}'")
    # Nothing may come of itself once the page is back: the page itself has to ask.
    await alice.context.set_offline(True)
    server.kill()
    await alice.sees("You are offline.", ".banner")
    server = unthrottled_desk.serve(port=server.port)
    Person(server, "carol").new_ticket("Filed while nobody listened")
    await alice.context.set_offline(False)
    await alice.until(f"{tile} === '{active + 1}'")


async def test_what_was_read_on_another_device_meanwhile_is_not_counted_any_more(
    chrome: Browser, unthrottled_desk: Desk
) -> None:
    server = unthrottled_desk.serve()
    person = Person(server, "carol")
    ticket = person.new_ticket("Read elsewhere")
    carol = await (await Visitor(chrome, server.url).open()).sign_in("carol")
    await carol.page.wait_for_selector(".row")
    told = Person(server, "alice")
    told.post(f"tickets/{ticket['id']}/messages/", {"content": "An answer"})
    await carol.page.wait_for_selector(".bell .badge")
    server.kill()
    await carol.sees("Reconnecting …", ".banner")
    other = unthrottled_desk.serve()
    Person(other, "carol").post("notifications/mark-all-read/", {})
    unthrottled_desk.serve(port=server.port)
    await carol.page.wait_for_selector(".banner", state="hidden")
    await carol.page.wait_for_selector(".bell .badge", state="hidden")


async def test_a_ticket_opened_while_the_server_was_away_comes_when_it_is_back(
    chrome: Browser, unthrottled_desk: Desk
) -> None:
    server = unthrottled_desk.serve()
    ticket = Person(server, "carol").new_ticket("Opened in the dark")
    alice = await (await Visitor(chrome, server.url).open()).sign_in("alice")
    await alice.sees("Opened in the dark", ".virtual-list")
    server.kill()
    await alice.sees("Reconnecting …", ".banner")
    await alice.page.click(".row:has-text('Opened in the dark')")
    await alice.sees("couldn’t be loaded", ".detail")
    unthrottled_desk.serve(port=server.port)
    await alice.page.wait_for_selector(".composer")
    await alice.sees("Opened in the dark", ".ticket-head")
    assert ticket["id"] in alice.page.url


def _contents(person: Person, ticket: dict[str, Any]) -> list[str]:
    page = person.get(f"tickets/{ticket['id']}/messages/").json()
    return [message["content"] for message in page["results"]]


async def test_what_cannot_be_loaded_without_a_network_is_told_and_comes_later(
    chrome: Browser, unthrottled_desk: Desk
) -> None:
    server = unthrottled_desk.serve()
    alice = await (await Visitor(chrome, server.url).open()).sign_in("alice")
    await alice.page.wait_for_selector(".row")
    await alice.context.set_offline(True)
    await alice.page.click(".new-ticket")
    await alice.sees("couldn’t be loaded", ".snackbars")
    await alice.page.click("a[href='/dashboard']")
    await alice.sees("This page couldn’t be loaded.", ".main")
    await alice.context.set_offline(False)
    await alice.page.click(".main >> text=Try again")
    await alice.page.wait_for_selector(".tile")
    await alice.page.click(".new-ticket")
    await alice.page.wait_for_selector("dialog input[name=subject]")
    assert alice.problems == []
