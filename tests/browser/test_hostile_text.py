"""Text that would like to be more than text."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.browser.conftest import Enter
from tests.support.server import Person

CORPUS = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "[click](javascript:window.pwned=1)",
    "<a href='javascript:window.pwned=1'>x</a>",
    '![x](x"onerror="window.pwned=1)',
    "<math><mtext><table><mglyph><style><img src=x onerror=window.pwned=1>",
    '"><script>window.pwned=1</script>',
    "<details open ontoggle=window.pwned=1>",
    "javascript:window.pwned=1",
    "<style>*{display:none}</style>",
    "{{constructor.constructor('window.pwned=1')()}}",
    "\u202eevil\u202c \x07 bell",
]


@pytest.mark.parametrize("field", ["subject", "content"])
async def test_nothing_in_a_text_runs(enter: Enter, carol: Person, field: str) -> None:
    alice = await enter("alice")
    tickets = [carol.new_ticket(**{field: text.replace("\x07", "")}) for text in CORPUS]
    for ticket in tickets:
        await alice.open_ticket(ticket)
        links = alice.page.locator(".thread a")
        for number in range(await links.count()):
            assert not (await links.nth(number).get_attribute("href") or "").startswith(
                "javascript"
            )
        assert await alice.page.evaluate("window.pwned") is None
    await alice.page.goto(f"{alice.url}/notifications")
    await alice.page.wait_for_selector(".notification-list")
    assert await alice.page.evaluate("window.pwned") is None


async def test_nothing_in_a_search_runs(enter: Enter) -> None:
    alice = await enter("alice")
    for text in CORPUS[:6]:
        await alice.page.goto(f"{alice.url}/search?q={quote(text)}")
        await alice.page.wait_for_selector(".search-input")
        await alice.until("document.querySelector('[role=status].muted').textContent !== ''")
        assert await alice.page.evaluate("window.pwned") is None


async def test_the_console_copies_only_what_is_allowed(enter: Enter) -> None:
    alice = await enter("alice")
    shown = await alice.page.evaluate(
        """async (texts) => {
          const { safeFragment } = await import("/static/livedesk/js/ui/markup.js");
          return texts.map((text) => {
            const box = document.createElement("div");
            box.append(safeFragment(text));
            document.body.append(box);
            return box.innerHTML;
          });
        }""",
        CORPUS,
    )
    assert await alice.page.evaluate("window.pwned") is None
    # The policy would have stopped it, too, and says so while the text is parsed.
    assert all("Content Security Policy" in problem for problem in alice.problems)
    alice.problems.clear()
    for html in shown:
        lowered = html.lower()
        assert not any(
            bad in lowered
            for bad in ("<script", "<img", "<svg", "<iframe", "<style", 'href="javascript')
        )
        assert " on" not in lowered.split("<a ")[-1].split(">")[0]
