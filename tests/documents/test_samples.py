"""What pages tell people to paste works against a real server, word for word but for the port."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.documents.samples import Sample, samples
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
