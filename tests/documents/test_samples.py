"""What pages tell people to paste works against a real server, word for word but for the port."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from typing import Any

import pytest

from realtime.hooks.sending import signature
from tests.documents.samples import DOCS, Sample, samples
from tests.support.server import ROOT, Server


def _named(sample: Sample) -> str:
    return sample.page


@pytest.mark.parametrize("sample", samples("python"), ids=_named)
def test_programs(own_server: Server, sample: Sample) -> None:
    output = _run([sys.executable, "-c", _here(sample, own_server)])
    if sample.page == "getting-started.md":
        assert "resumed: True\nmissed: Now it burns." in output
    else:
        assert "message.new" in output


@pytest.mark.parametrize("sample", samples("sh"), ids=_named)
def test_commands(own_server: Server, sample: Sample) -> None:
    output = _run(["sh", "-euc", _here(sample, own_server)])
    assert '"username":"carol"' in output.replace(" ", "") or "subject" in output
    assert '"code"' not in output, output


def test_the_signature_of_a_webhook_is_checked_as_shown() -> None:
    page = (DOCS / "clients.md").read_text()
    block = re.search(r"^```python\n(import hashlib.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert block is not None
    shown: dict[str, Any] = {}
    exec(block[1], shown)
    now = int(time.time())
    for body, sent_at, genuine in (("{}", now, True), ("[]", now, False), ("{}", now - 900, False)):
        header = signature("key", "{}", sent_at)
        assert shown["is_genuine"]("key", header, body.encode()) is genuine


def _here(sample: Sample, server: Server) -> str:
    assert "localhost:8000" in sample.code
    return sample.code.replace("localhost:8000", server.host)


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT / "clients" / "python")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
