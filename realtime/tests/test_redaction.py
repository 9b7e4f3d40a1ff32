"""What is kept out of logs, whatever state the process is in."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from realtime.redaction import redacted

_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.c2lnbmF0dXJl"

_LAST_WORDS = f"""
import asyncio, logging
from realtime.redaction import RedactSecrets

handler = logging.StreamHandler()
handler.addFilter(RedactSecrets())
logging.basicConfig(handlers=[handler])

async def work(log=logging.getLogger("late")):
    try:
        await asyncio.sleep(60)
    finally:
        log.error("lost /api/hooks/a-secret?token={_TOKEN}")

loop = asyncio.new_event_loop()
task = loop.create_task(work())
loop.run_until_complete(asyncio.sleep(0))
"""
"""A task that is still there when the interpreter takes itself apart."""


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("GET /ws?token=abc&x=1 101", "GET /ws?… 101"),
        (f"a token: {_TOKEN}.", "a token: [token]."),
        ("POST /api/v1/hooks/a-secret/ 200", "POST /api/v1/hooks/…/ 200"),
        ('"/hooks/one" and "/hooks/two"', '"/hooks/…" and "/hooks/…"'),
        ("what is it? nothing", "what is it? nothing"),
        ("GET /ws?%74oken=abc&TOKEN=x 101", "GET /ws?… 101"),
        ("GET /ws?who=o'brien&ticket=abc 101", "GET /ws?… 101"),
        ('"GET /ws?a=<>\\"&ticket=abc" 101', '"GET /ws?…" 101'),
        ("(see /ws?ticket=abc).", "(see /ws?…)."),
        ("['/x?key=abc', 7]", "['/x?…', 7]"),
        (
            "GET /api/v1/notifications/unsubscribe/a:b-c/ 200",
            "GET /api/v1/notifications/unsubscribe/…/ 200",
        ),
        (f"bearer,{_TOKEN}\\n", "bearer,[token]\\n"),
        (f"two: {_TOKEN},{_TOKEN}", "two: [token],[token]"),
    ],
)
def test_secrets_are_left_out_of_a_line(line: str, clean: str) -> None:
    assert redacted(line) == clean


@pytest.mark.parametrize("part", ["?", "eyJ", "eyJaaaaa", "eyJaaaaa.", "/hooks/", "?a", "x."])
def test_a_line_that_a_stranger_made_up_costs_no_more_than_another(part: str) -> None:
    """Headers and paths have up to 64 KiB; the event loop writes them."""
    before = time.process_time()
    redacted(part * (200_000 // len(part)))
    assert time.process_time() - before < 0.5


def test_a_process_that_ends_still_writes_its_last_lines_without_secrets() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LAST_WORDS], capture_output=True, text=True, check=True, timeout=60
    )
    assert "Exception ignored" not in done.stderr
    assert "lost /api/hooks/…?…" in done.stderr
