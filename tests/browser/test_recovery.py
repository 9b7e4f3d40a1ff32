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
    await carol.open_ticket(ticket)
    await carol.sees("From the tunnel")
    await carol.page.wait_for_selector(".message.own:not(.pending):has-text('From the tunnel')")
    assert _contents(Person(second, "carol"), ticket).count("From the tunnel") == 1


def _contents(person: Person, ticket: dict[str, Any]) -> list[str]:
    page = person.get(f"tickets/{ticket['id']}/messages/").json()
    return [message["content"] for message in page["results"]]
