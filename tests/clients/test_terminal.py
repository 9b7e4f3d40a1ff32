"""``clients/ws_test_client.py``, as a person would run it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import pytest

from tests.support.ports import free_port
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


@pytest.fixture(scope="module")
def terminal_module() -> Any:
    spec = importlib.util.spec_from_file_location("terminal", ROOT / "clients/ws_test_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_a_server_that_is_away_does_not_end_the_prompt(
    terminal_module: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = terminal_module.Terminal(f"http://127.0.0.1:{free_port()}", "carol", "Secret123")
    await terminal_module.run_line(terminal, "/tickets")
    assert "can't be reached" in capsys.readouterr().out
    await terminal.close()


def test_what_somebody_wrote_commands_no_terminal(
    terminal_module: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = terminal_module.Terminal("http://127.0.0.1:1", "carol", "Secret123")
    written = "\x1b]52;c;x\x07 \x9bJ \u202eevil [/b] Grüße"
    terminal.show_frame({"type": "message.new", "room": "channel:1", "data": {"content": written}})
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(shown)
    assert "evil [/b] Grüße" in shown.replace("\n", "")


def test_a_subject_that_looks_like_markup_is_listed(site: Server, carol: Person) -> None:
    carol.new_ticket("The tag [/b] is shown")
    done = run(site, "carol", "Secret123", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[/b]" in done.stdout
