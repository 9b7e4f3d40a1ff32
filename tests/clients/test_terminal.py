"""``clients/ws_test_client.py``, as a person would run it."""

from __future__ import annotations

import subprocess
import sys

from tests.support.server import ROOT, Person, Server


def run(site: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "clients/ws_test_client.py", *arguments, "--url", site.url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_demo_walks_through_what_a_client_can_do(site: Server, carol: Person) -> None:
    carol.new_ticket("Shown in the terminal")
    done = run(site, "carol", "Secret123", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    for expected in ("● open", "Shown in the", "stored as #", "refused: forbidden", "that's it"):
        assert expected in done.stdout


def test_wrong_credentials_are_told_in_words(site: Server) -> None:
    done = run(site, "carol", "wrong", "demo")
    assert done.returncode == 1
    assert "unauthorized" in done.stdout
    assert "Traceback" not in done.stderr
