"""What a page loads. How fast things are is measured by ``python -m tests.browser.measure_console``."""

from __future__ import annotations

import gzip

import httpx
from playwright.async_api import Browser, Response

from tests.browser.visitor import Visitor
from tests.support.server import Server


async def test_the_first_load_is_small_and_from_here(chrome: Browser, site: Server) -> None:
    alice = await Visitor(chrome, site.url).open()
    loaded: list[Response] = []
    alice.page.on("response", lambda answer: loaded.append(answer))
    await alice.sign_in("alice")
    await alice.page.wait_for_selector(".row")
    assert all(answer.url.startswith(alice.url) for answer in loaded)
    static = [
        answer for answer in loaded if "/static/" in answer.url or answer.url == f"{alice.url}/"
    ]
    assert len(static) > 20
    assert alice.problems == []
    assert sum([len(gzip.compress(await answer.body())) for answer in static]) < 150_000


async def test_every_file_that_a_page_names_is_there(site: Server) -> None:
    async with httpx.AsyncClient(base_url=site.url, verify=False) as http:
        html = (await http.get("/")).text
        named = [part for part in html.split('"') if part.startswith("/static/")]
        assert named
        for path in named:
            assert (await http.get(path)).status_code == 200, path
