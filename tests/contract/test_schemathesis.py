"""Whatever a client sends, REST answers as its OpenAPI document says: no 5xx, no reply outside its schema.

Requests are generated from the document itself, as an agent and as a customer, against a real server.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import ROOT, Person, Server, demo_desk

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "3"))
"""For each operation and phase; raise it to search longer."""

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
def unthrottled() -> Iterator[Server]:
    with demo_desk("uvicorn", THROTTLE_USER="1000000/min") as desk:
        yield desk.servers[0]


@pytest.mark.parametrize(
    "username, password, phases, examples",
    [
        # All that the document allows and forbids, value by value, from who may do all.
        ("admin", "admin", "examples,coverage,fuzzing", EXAMPLES),
        # Who may do little is refused before most of that is looked at.
        ("carol", "Secret123", "examples,fuzzing", 3 * EXAMPLES),
    ],
)
def test_rest_answers_as_it_is_described(
    unthrottled: Server, username: str, password: str, phases: str, examples: int, tmp_path: Path
) -> None:
    person = Person(unthrottled, username, password)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{unthrottled.url}/api/v1/schema/"),
            *("--checks", CHECKS, "--max-examples", str(examples), "--seed", "1", "--no-color"),
            *("--phases", phases, "--continue-on-failure"),
            *("--header", f"Authorization: Bearer {person.access}"),
            # These end the login that the run itself uses, or wait for events on purpose.
            *("--exclude-path-regex", r"auth/(logout|password)|realtime/events"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
