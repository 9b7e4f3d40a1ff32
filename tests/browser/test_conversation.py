"""A ticket, with people on both sides of it."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Browser, Route

from tests.browser.conftest import Enter
from tests.browser.visitor import Visitor
from tests.support.server import Desk, Person

Ticket = dict[str, Any]
EDITED = ".message-bubble:has(.edit-box)"


async def test_two_people_talk_without_reloading(enter: Enter, ticket: Ticket) -> None:
    alice, carol = await enter("alice"), await enter("carol")
    await alice.open_ticket(ticket)
    await carol.open_ticket(ticket)
    await carol.say("Are you **there**?")
    await alice.page.locator(".message strong", has_text="there").wait_for()
    await alice.say("Yes, I am.")
    await carol.sees("Yes, I am.")
    assert await alice.page.locator(".message.pending").count() == 0


async def test_a_customer_never_receives_a_note(enter: Enter, ticket: Ticket) -> None:
    carol = await enter("carol")
    frames: list[str] = []
    carol.page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda text: frames.append(str(text))),
    )
    await carol.come_back()  # with a new socket, which is listened to
    await carol.open_ticket(ticket)
    alice = await enter("alice")
    await alice.open_ticket(ticket)
    await alice.page.keyboard.press("n")
    await alice.page.keyboard.type("Carol must not know this")
    await alice.page.keyboard.press("Enter")
    await alice.page.locator(".message.note", has_text="must not know").wait_for()
    await alice.page.click(".composer-tab:has-text('Reply')")
    await alice.say("A public word")
    await carol.sees("A public word")
    assert "must not know" not in await carol.page.content()
    assert any("A public word" in frame for frame in frames)
    assert not any("must not know" in frame for frame in frames)


async def test_the_others_see_who_types_and_who_is_there(enter: Enter, ticket: Ticket) -> None:
    alice, carol = await enter("alice"), await enter("carol")
    await alice.open_ticket(ticket)
    await carol.open_ticket(ticket)
    await alice.page.wait_for_selector(".viewers[aria-label='Also here: Carol Clark']")
    await carol.page.type(".composer-input", "I am wri")
    await alice.sees("Carol Clark is typing")
    await carol.page.goto(carol.url)
    await alice.sees_no("Carol Clark is typing")
    await alice.page.wait_for_selector(".viewers", state="hidden")


async def test_two_agents_are_warned_that_both_answer(enter: Enter, ticket: Ticket) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await alice.open_ticket(ticket)
    await bob.open_ticket(ticket)
    await bob.page.type(".composer-input", "Let me")
    await alice.page.type(".composer-input", "I will")
    await alice.sees("Bob Baker is writing, too.")
    await bob.say("Let me answer this.")
    await alice.sees("Bob Baker has replied while you were writing.")


async def test_a_reply_that_crosses_a_colleagues_is_held_back_until_it_is_sent_anyway(
    enter: Enter, unthrottled_desk: Desk, chrome: Browser, carol: Person
) -> None:
    server = unthrottled_desk.serve()
    ticket = carol.new_ticket("Who answers")
    alice = await (await Visitor(chrome, server.url).open()).sign_in("alice")
    await alice.open_ticket(ticket)
    server.kill()
    await alice.sees("Reconnecting …", ".banner")
    await alice.say("I will ask our bank")
    await alice.say("and tell you then")
    await alice.sees("Waiting for connection")
    server = unthrottled_desk.serve(port=server.port)
    bob = Person(server, "bob")
    bob.post(f"tickets/{ticket['id']}/messages/", {"content": "It is on its way"})
    refused = alice.page.locator(".message.refused")
    await refused.nth(1).wait_for()
    await alice.sees("It is on its way", ".thread")
    await alice.sees("Bob Baker has replied meanwhile.", ".message.refused")
    assert _said(bob, ticket) == ["Please help.", "It is on its way"]
    await alice.page.reload()
    await refused.nth(1).wait_for()
    await refused.nth(0).get_by_text("Send anyway").click()
    await alice.page.wait_for_selector(".message.own:not(.pending):has-text('our bank')")
    await refused.nth(0).get_by_text("Edit").click()
    await alice.until("!document.querySelector('.message.refused')")
    assert await alice.page.input_value(".composer-input") == "and tell you then"
    await alice.page.press(".composer-input", "Enter")
    await alice.page.wait_for_selector(".message.own:not(.pending):has-text('tell you then')")
    assert _said(bob, ticket)[2:] == ["I will ask our bank", "and tell you then"]


async def test_a_message_that_cannot_be_sent_stays_with_the_reason_until_it_is_dropped(
    enter: Enter, ticket: Ticket
) -> None:
    carol = await enter("carol")
    await carol.open_ticket(ticket)
    await carol.say("x" * 100_001)
    await carol.sees("characters", ".message.refused")
    await carol.page.click(".message.refused >> text=Discard")
    await carol.until("!document.querySelector('.message.refused')")


def _said(person: Person, ticket: Ticket) -> list[str]:
    found = person.get(f"tickets/{ticket['id']}/messages/").json()["results"]
    return [message["content"] for message in found]


async def test_the_writer_sees_that_the_other_side_has_read_it(
    enter: Enter, ticket: Ticket
) -> None:
    carol, alice = await enter("carol"), await enter("alice")
    await carol.open_ticket(ticket)
    await alice.open_ticket(ticket)
    await carol.sees("Seen", ".message.own .message-state")


async def test_a_draft_survives_a_reload_for_reply_and_note_apart(
    enter: Enter, ticket: Ticket
) -> None:
    alice = await enter("alice")
    await alice.open_ticket(ticket)
    await alice.page.fill(".composer-input", "A careful reply")
    await alice.page.click(".composer-tab:has-text('Note')")
    assert await alice.page.input_value(".composer-input") == ""
    await alice.page.reload()
    await alice.page.wait_for_selector(".composer")
    assert await alice.page.input_value(".composer-input") == "A careful reply"


async def test_editing_deleting_and_reacting_reach_the_other_side(
    enter: Enter, ticket: Ticket, carol: Person
) -> None:
    window, alice = await enter("carol"), await enter("alice")
    await window.open_ticket(ticket)
    await alice.open_ticket(ticket)
    await alice.say("Frist")
    await window.sees("Frist")
    message = alice.page.locator(".message.own", has_text="Frist")
    await message.hover()
    await message.get_by_label("More").click()
    await alice.page.get_by_role("menuitem", name="Edit").click()
    box, bubble = [await alice.page.locator(one).bounding_box() for one in (".edit-box", EDITED)]
    assert box
    assert bubble
    assert bubble["x"] <= box["x"]
    assert box["x"] + box["width"] <= bubble["x"] + bubble["width"]
    await alice.page.fill(".edit-box textarea", "First")
    await alice.context.set_offline(True)
    await alice.page.click(".edit-box >> text=Save")
    await alice.sees("can’t be reached", ".snackbars")
    assert await alice.page.input_value(".edit-box textarea") == "First"
    await alice.context.set_offline(False)
    await alice.page.click(".edit-box >> text=Save")
    await window.sees("First")
    await alice.page.wait_for_selector(".message.own [aria-label=More]:focus")
    heard = window.page.locator(".message", has_text="First")
    await heard.hover()
    await heard.get_by_label("React").click()
    await window.page.click(".emoji >> nth=0")
    await alice.page.click(".message.own .reaction")
    await alice.page.wait_for_selector(".reaction[aria-pressed=true]:focus:has-text('2')")
    message = alice.page.locator(".message.own", has_text="First")
    await message.hover()
    await message.get_by_label("More").click()
    await alice.page.get_by_role("menuitem", name="Delete").click()
    await alice.page.click("dialog >> text=Cancel")
    await message.hover()
    await message.get_by_label("More").click()
    await alice.page.get_by_role("menuitem", name="Delete").click()
    await alice.page.get_by_role("button", name="Delete", exact=True).click()
    await window.sees("This message was deleted.")
    await alice.page.wait_for_selector(".thread:focus")


async def test_status_assignee_and_priority_are_changed_in_the_panel(
    enter: Enter, ticket: Ticket
) -> None:
    alice, carol = await enter("alice"), await enter("carol")
    await alice.open_ticket(ticket)
    await carol.open_ticket(ticket)
    await alice.page.get_by_label("Priority: Normal").click()
    await alice.page.get_by_role("menuitemradio", name="High").click()
    await alice.page.get_by_label("Assignee: Nobody").click()
    await alice.page.get_by_role("menuitemradio", name="Alice Archer (me)").click()
    await alice.page.get_by_label("Assignee: Alice Archer").wait_for()
    await carol.sees("Alice Archer", ".side")
    await carol.sees("High", ".side")
    await alice.page.get_by_label("Status: New").click()
    await alice.page.get_by_role("menuitem", name="Solved").click()
    await carol.page.wait_for_selector(".ticket-head .status[data-status=resolved]")


async def test_whoever_was_slower_is_told_and_sees_what_it_is_now(
    enter: Enter, ticket: Ticket, alice: Person
) -> None:
    window = await enter("alice")
    await window.open_ticket(ticket)

    async def be_faster(route: Route) -> None:
        if route.request.method == "PATCH":
            path = f"tickets/{ticket['id']}/"
            await asyncio.to_thread(alice.patch, path, {"priority": "urgent"}, **{"If-Match": "*"})
        await route.continue_()

    await window.page.route(f"**/api/v1/tickets/{ticket['id']}/", be_faster)
    await window.page.get_by_label("Priority: Normal").click()
    await window.page.get_by_role("menuitemradio", name="Low").click()
    await window.sees("Somebody was faster", ".snackbars")
    await window.page.get_by_label("Priority: Urgent").wait_for()


async def test_messages_since_the_last_visit_are_marked_new(
    enter: Enter, ticket: Ticket, carol: Person, alice: Person
) -> None:
    window = await enter("alice")
    await window.open_ticket(ticket)
    await window.say("I will look into it")
    await window.page.wait_for_selector(".message.own:not(.pending)")
    await window.page.goto(window.url)
    carol.post(f"tickets/{ticket['id']}/messages/", {"content": "Any news?"})
    await window.open_ticket(ticket)
    await window.page.wait_for_selector(".new-marker + .message:has-text('Any news?')")


async def test_a_ticket_that_is_not_yours_says_so(enter: Enter, ticket: Ticket) -> None:
    dave = await enter("dave")
    await dave.page.goto(f"{dave.url}/tickets/{ticket['id']}")
    await dave.sees("isn’t yours to see")


async def test_an_agent_snoozes_a_ticket_and_merges_it_into_another(
    enter: Enter, ticket: Ticket, carol: Person
) -> None:
    other = carol.new_ticket("The one that stays")
    alice, customer = await enter("alice"), await enter("carol")
    await alice.open_ticket(ticket)
    await customer.open_ticket(ticket)
    more = alice.page.get_by_label("More actions")
    await more.click()
    await alice.page.get_by_role("menuitem", name="Snooze").click()
    await alice.page.get_by_role("menuitem", name="Until tomorrow morning").click()
    await alice.sees("Snoozed until", ".side")
    row = f"#{ticket['number']}"
    await alice.sees_no(row, ".virtual-list")
    await alice.page.get_by_role("tab", name="Snoozed").click()
    await alice.sees(row, ".virtual-list")
    await alice.sees("Until", ".virtual-list")
    await more.click()
    await alice.page.get_by_role("menuitem", name="Wake up now").click()
    await alice.sees_no("Snoozed until", ".side")
    await alice.sees_no(row, ".virtual-list")
    await more.click()
    await alice.page.get_by_role("menuitem", name="Merge into").click()
    await alice.page.fill("dialog input[name=number]", "999999999")
    await alice.page.click("dialog button[type=submit]")
    await alice.sees("There is no such ticket.", "dialog")
    await alice.page.fill("dialog input[name=number]", f"#{other['number']}")
    await alice.page.click("dialog button[type=submit]")
    await alice.sees("The one that stays", ".ticket-head")
    await alice.sees("Please help.", ".thread")
    await customer.sees("Merged into", ".thread")
    await customer.page.wait_for_selector(".message", state="detached")
    await alice.page.goto(f"{alice.url}/tickets/{ticket['id']}")
    await alice.sees("Merged", ".side")
    # Only what a viewer wants for themselves can still be chosen.
    assert await alice.page.locator(".side .field-button").count() == 1
    assert not await more.is_visible()
    await alice.page.click(".merged >> text=Go there")
    await alice.sees("The one that stays", ".ticket-head")


async def test_every_day_has_its_line_wherever_the_reader_is(
    enter: Enter, unthrottled_desk: Desk, ticket: Ticket, carol: Person
) -> None:
    carol.post(f"tickets/{ticket['id']}/messages/", {"content": "Good morning"})
    around_midnight = ("2026-01-05T10:59Z", "2026-01-05T11:01Z")
    unthrottled_desk.shell(
        "from tickets.models import Message\n"
        f"said = Message.objects.filter(ticket={ticket['id']!r})\n"
        f"for message, moment in zip(said, {around_midnight}):\n"
        "    said.filter(pk=message.pk).update(created_at=moment)\n"
    )
    window = await enter("carol")
    devtools = await window.context.new_cdp_session(window.page)
    await devtools.send("Emulation.setTimezoneOverride", {"timezoneId": "Pacific/Auckland"})
    await window.come_back()
    await window.open_ticket(ticket)
    days = await window.page.locator(".day").all_inner_texts()
    assert [day.strip() for day in days] == ["Monday, January 5", "Tuesday, January 6"]


async def test_a_reply_to_customers_quotes_no_note(
    enter: Enter, ticket: Ticket, alice: Person
) -> None:
    alice.post(f"tickets/{ticket['id']}/messages/", {"content": "Between us", "kind": "note"})
    window = await enter("alice")
    await window.open_ticket(ticket)
    note = window.page.locator(".message.note", has_text="Between us")
    await note.hover()
    await note.get_by_label("Reply to this message").click()
    await window.sees("Between us", ".composer-quote")
    await window.page.click(".composer-tab:has-text('Reply')")
    await window.page.wait_for_selector(".composer-quote", state="hidden")
    await window.say("For all")
    await window.page.wait_for_selector(".message.own:not(.pending):not(.note)")


async def test_who_mutes_a_ticket_sees_it_and_can_change_it_back(
    enter: Enter, ticket: Ticket
) -> None:
    carol = await enter("carol")
    await carol.open_ticket(ticket)
    await carol.page.get_by_label("Notify me: All").click()
    await carol.page.get_by_role("menuitemradio", name="Mentions only").click()
    await carol.page.reload()
    await carol.page.get_by_label("Notify me: Mentions only").click()
    await carol.page.get_by_role("menuitemradio", name="All").click()
    await carol.page.get_by_label("Notify me: All").wait_for()


async def test_an_at_sign_offers_colleagues_and_a_mention_stands_out(
    enter: Enter, ticket: Ticket
) -> None:
    alice = await enter("alice")
    await alice.open_ticket(ticket)
    await alice.page.keyboard.press("n")
    await alice.page.keyboard.type("Look at this, @bo")
    await alice.page.wait_for_selector(".mentions [aria-selected=true]:has-text('Bob Baker')")
    await alice.page.keyboard.press("Enter")
    assert await alice.page.input_value(".composer-input") == "Look at this, @bob "
    await alice.page.keyboard.press("Enter")
    await alice.page.wait_for_selector(".message.note .mention[title='Bob Baker']")
