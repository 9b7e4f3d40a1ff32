"""Measures the console in Chromium: ``python -m tests.browser.measure_console``.

Prints how much the first load is and how soon it is usable, how long an event takes to the screen, how a long list scrolls, and what
10,000 events leave in a tab's memory. These are numbers to look at, on a machine that has nothing else to do; tests would fail by chance.
"""

from __future__ import annotations

import asyncio
import gzip
import statistics
import time
from collections.abc import Sequence
from typing import Any

from playwright.async_api import Browser, Response, async_playwright

from tests.browser.conftest import FLAGS, whole_chromium
from tests.browser.long_list import OWNER, file_ten_thousand_tickets
from tests.browser.visitor import Visitor
from tests.support.server import Desk, Person, Server, demo_desk

LOADS = 10
MESSAGES = 200
EVENTS = 10_000

WATCH_MESSAGES = """() => {
  window.delays = [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) {
      const time = node.nodeType === 1 && node.matches(".message") && node.querySelector("time");
      if (time) requestAnimationFrame(() => window.delays.push(Date.now() - Date.parse(time.dateTime)));
    }
  }).observe(document.querySelector(".thread-items"), { childList: true });
}"""
SCROLL = """async () => {
  const list = document.querySelector(".virtual-list");
  const frames = [];
  let before = performance.now();
  for (let step = 0; step < 240; step++) {
    list.scrollTop += 1500;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  return frames;
}"""


def told(name: str, values: Sequence[float], unit: str = "ms") -> None:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    median = statistics.median(ordered)
    print(
        f"{name}: median {median:.0f} {unit}, p95 {p95:.0f}, worst {ordered[-1]:.0f}"
        f" ({len(ordered)} times)"
    )


async def first_load(browser: Browser, server: Server) -> None:
    """Each time in a window without a cache, signed in already."""
    usable, sizes = [], []
    entered = await (await Visitor(browser, server.url).open()).sign_in("alice")
    state = await entered.context.storage_state()
    await entered.context.close()
    for _ in range(LOADS):
        visitor = await Visitor(browser, server.url).open(storage_state=state)
        loaded: list[Response] = []
        visitor.page.on("response", lambda answer, loaded=loaded: loaded.append(answer))
        await visitor.page.goto(server.url)
        await visitor.page.wait_for_selector(".row")
        usable.append(await visitor.page.evaluate("performance.now()"))
        own = [r for r in loaded if "/static/" in r.url or r.url == f"{server.url}/"]
        sizes.append(sum([len(gzip.compress(await answer.body())) for answer in own]))
        state = await visitor.context.storage_state()
        await visitor.context.close()
    told("first load, usable inbox after", usable)
    print(f"first load, page and scripts and styles: {max(sizes) / 1000:.0f} kB gzipped")


async def event_to_pixel(browser: Browser, server: Server) -> None:
    """From the row's creation on the server, so the commit and the way to the browser are included."""
    alice, writer = Person(server, "alice"), Person(server, "carol")
    ticket = writer.new_ticket("Measured")
    carol = await (await Visitor(browser, server.url).open()).sign_in("carol")
    await carol.open_ticket(ticket)
    await carol.page.evaluate(WATCH_MESSAGES)
    for number in range(MESSAGES):
        alice.post(f"tickets/{ticket['id']}/messages/", {"content": f"Message {number}."})
        await carol.until(f"window.delays.length > {number}")
    told("a message, from its row to the other's screen", await carol.page.evaluate("delays"))
    await carol.context.close()
    bob = await (await Visitor(browser, server.url).open()).sign_in("bob")
    await bob.page.wait_for_selector(".row")
    took = []
    for number in range(20):
        started = time.monotonic()
        await asyncio.to_thread(writer.new_ticket, f"New one, {number}.")
        await bob.sees(f"New one, {number}.", ".virtual-list")
        took.append((time.monotonic() - started) * 1000)
    told("a new ticket, from its request to another agent's inbox", took)
    await bob.context.close()


async def scrolling(browser: Browser, desk: Desk, server: Server) -> None:
    file_ten_thousand_tickets(desk)
    erin = await (await Visitor(browser, server.url).open()).sign_in(OWNER)
    await erin.page.wait_for_selector(".tab-count:has-text('10000')", timeout=120_000)
    told("a frame while 10,000 tickets scroll", await erin.page.evaluate(SCROLL))
    await erin.context.close()


async def memory(browser: Browser, desk: Desk, server: Server) -> None:
    """A ticket that is open, beside the list, and changes thousands of times; each change is told in several rooms."""
    ticket = Person(server, "carol").new_ticket("Restless")
    alice = await (await Visitor(browser, server.url).open()).sign_in("alice")
    devtools = await alice.context.new_cdp_session(alice.page)
    heard = 0

    def hear(frame: Any) -> None:
        nonlocal heard
        heard += 1

    alice.page.on("websocket", lambda socket: socket.on("framereceived", hear))
    await alice.open_ticket(ticket)

    async def heap() -> float:
        await devtools.send("HeapProfiler.collectGarbage")
        usage: dict[str, Any] = await devtools.send("Runtime.getHeapUsage")
        return float(usage["usedSize"]) / 1_000_000

    sizes, changes = [await heap()], 0
    while heard < EVENTS:
        changes += 500
        await asyncio.to_thread(_change, desk, ticket["id"], changes)
        await alice.sees(f"Restless {changes}", ".ticket-title")
        sizes.append(await heap())
        print(f"  after {heard:>6} events: {sizes[-1]:.2f} MB of script heap", flush=True)
    print(
        f"memory of a tab: {sizes[0]:.2f} MB at first, {sizes[len(sizes) // 2]:.2f} MB halfway,"
        f" {sizes[-1]:.2f} MB after {heard} events"
    )
    await alice.context.close()


def _change(desk: Desk, pk: str, last: int) -> None:
    desk.shell(
        "from tickets.models import Ticket\n"
        f"for n in range({last - 499}, {last + 1}):\n"
        f"    Ticket.objects.filter(pk='{pk}').update(subject=f'Restless {{n}}', priority=['low', 'high'][n % 2])\n"
    )


async def main() -> None:
    with demo_desk("uvicorn", THROTTLE_USER="100000/min") as desk:
        (server,) = desk.servers
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=whole_chromium(), args=FLAGS)
            await first_load(browser, server)
            await event_to_pixel(browser, server)
            await scrolling(browser, desk, server)
            await memory(browser, desk, server)


if __name__ == "__main__":
    asyncio.run(main())
