"""Text that would like to be more than text."""

from __future__ import annotations

from urllib.parse import quote

from tests.browser.conftest import Enter
from tests.browser.visitor import PAGES, SEARCHED
from tests.support.server import Desk, Person, Server

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


async def test_nothing_in_a_subject_or_a_message_runs(enter: Enter, carol: Person) -> None:
    alice = await enter("alice")
    texts = [text.replace("\x07", "") for text in CORPUS]
    for ticket in [carol.new_ticket(subject=text, content=text) for text in texts]:
        await alice.open_ticket(ticket)
        await alice.page.wait_for_selector(".thread .message")
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
        await alice.page.wait_for_selector(SEARCHED)
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


IN_ALL = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>"


async def test_nothing_in_a_name_a_tag_a_file_or_a_search_that_was_kept_runs(
    enter: Enter, unthrottled_desk: Desk, site: Server, alice: Person
) -> None:
    unthrottled_desk.shell(
        "from django.contrib.auth.models import User\n"
        "from tickets.models import CannedReply, Queue\n"
        "User.objects.create_user('mallory', 'm@example.com', 'Secret123',"
        f" first_name={IN_ALL!r}, last_name={IN_ALL!r})\n"
        f"Queue.objects.create(slug='hostile', name={IN_ALL[:80]!r})\n"
        f"CannedReply.objects.create(name={IN_ALL!r}, content={IN_ALL!r})\n"
    )
    mallory = Person(site, "mallory")
    ticket = mallory.new_ticket(IN_ALL, IN_ALL)
    path = f"tickets/{ticket['id']}/"
    file = {"file": (f"{IN_ALL.replace('/', '')}.txt", b"nothing", "text/plain")}
    assert mallory.http.post(f"{path}attachments/", files=file).status_code == 201
    alice.post(f"{path}messages/", {"content": IN_ALL, "kind": "note"})
    tagged = alice.patch(path, {"tags": [IN_ALL[:30]]}, **{"If-Match": "*"})
    assert tagged.status_code in (200, 400)
    kept = alice.post("saved-filters/", {"name": IN_ALL[:60], "query": IN_ALL, "shared": True})
    assert kept.status_code == 201
    window = await enter("alice")
    await window.open_ticket(ticket)
    await window.sees("<img src=x", ".ticket-head")
    await window.sees("<img src=x", ".side")
    await window.page.get_by_label("Canned replies").click()
    await window.page.get_by_role("menuitem").filter(has_text="<img").first.click()
    await window.until("document.querySelector('.composer-input').value.includes('<img')")
    await window.page.fill(".composer-input", "")
    for page, content in {"/search?q=img": SEARCHED, **PAGES}.items():
        await window.follow(page, content)
        assert await window.page.evaluate("window.pwned") is None, page
        assert await window.page.locator("main img[src=x]").count() == 0, page
    customer = await enter("mallory")
    await customer.open_ticket(ticket)
    await customer.say(IN_ALL)
    await customer.page.wait_for_selector(".message.own:not(.pending) >> nth=1")
    assert await customer.page.evaluate("window.pwned") is None


async def test_nothing_in_a_field_of_a_queue_or_a_rating_runs(
    enter: Enter, unthrottled_desk: Desk, carol: Person, alice: Person
) -> None:
    fields = [{"key": "x", "label": IN_ALL}, {"key": "y", "label": "Y", "type": "choice"}]
    fields[1]["choices"] = [IN_ALL]  # type: ignore[assignment]
    unthrottled_desk.shell(
        "from django.contrib.auth.models import User\n"
        "from tickets.models import Queue\n"
        f"queue = Queue.objects.create(slug='fields', name='Fields', custom_fields={fields!r})\n"
        "queue.members.add(User.objects.get(username='alice'))\n"
    )
    body = {"subject": "Fields", "content": "See there.", "queue": "fields"}
    answer = carol.post("tickets/", {**body, "custom_fields": {"x": IN_ALL, "y": IN_ALL}})
    assert answer.status_code == 201, answer.text
    path = f"tickets/{answer.json()['id']}/"
    assert alice.post(f"{path}transition/", {"status": "resolved"}).status_code == 200
    rated = carol.http.put(f"{path}rating/", json={"score": 1, "comment": IN_ALL})
    assert rated.status_code in (200, 201), rated.text
    for name in ("alice", "carol"):
        window = await enter(name)
        await window.open_ticket(answer.json())
        await window.page.get_by_role("button", name="New ticket").first.click()
        await window.page.select_option("dialog select[name=queue]", "fields")
        await window.sees("<img src=x", "dialog")
        assert await window.page.evaluate("window.pwned") is None
        assert await window.page.locator("img[src=x]").count() == 0
        if name == "alice":
            await window.sees("<img src=x", ".side")
