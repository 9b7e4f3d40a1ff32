"""Whatever a client sends, REST answers as its OpenAPI document says: no 5xx, no reply outside its schema.

Requests are generated from the document itself, as an agent and as a customer, against a real server.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.server import ROOT, Person, Server, demo_desk

EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "4")
"""Made up for each operation, besides what the document itself gives reason to try; raise it to search longer."""

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
def unthrottled() -> Iterator[Server]:
    """It does what is asked of it and nothing besides; of each second's requests a list is kept, which a minute makes long."""
    quiet = {"THROTTLE_USER": "1000000/s", "JOBS_EMBEDDED": "0", "LOG_LEVEL": "ERROR"}
    with demo_desk("uvicorn", **quiet) as desk:
        yield desk.servers[0]


@pytest.fixture(scope="module")
def document(unthrottled: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server says of itself: asked for once, as it takes a second to put together."""
    file: Path = tmp_path_factory.mktemp("schema") / "openapi.json"
    shown = httpx.get(f"{unthrottled.url}/api/v1/schema/?format=json", timeout=60)
    file.write_text(shown.text)
    return file


MAIN, REST = "/(tickets/|examples/[a-i])", "/(?!tickets/|examples/[a-i])"
"""How paths go on after the version: each is of one of these kinds, so that two searches can run at once."""
ALL = "/"

ALL_PHASES = "examples,coverage,fuzzing"

# What a search keeps, it keeps to its end: to look through it for garbage often is a tenth of its time.
_SCHEMATHESIS = "import gc; gc.set_threshold(50_000, 20, 100); from schemathesis.cli import schemathesis; schemathesis()"

# Groups are begun before single tests: these take the longest.
one = pytest.mark.xdist_group("schemathesis-one")
other = pytest.mark.xdist_group("schemathesis-other")


@pytest.mark.parametrize(
    "username, password, phases, paths",
    [
        # All that the document allows and forbids, value by value, from who may do all.
        pytest.param("admin", "admin", ALL_PHASES, MAIN, marks=one),
        pytest.param("admin", "admin", ALL_PHASES, REST, marks=other),
        # Who may do little is refused before most of that is looked at.
        pytest.param("carol", "Secret123", "examples,fuzzing", ALL, marks=one),
    ],
)
def test_rest_answers_as_it_is_described(
    unthrottled: Server,
    document: Path,
    tmp_path: Path,
    username: str,
    password: str,
    phases: str,
    paths: str,
) -> None:
    person = Person(unthrottled, username, password)
    done = subprocess.run(
        [
            *(sys.executable, "-c", _SCHEMATHESIS, "run", str(document)),
            *("--url", unthrottled.url),
            *("--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", "1", "--no-color"),
            *("--phases", phases, "--continue-on-failure"),
            *("--header", f"Authorization: Bearer {person.access}"),
            *("--include-path-regex", f"^/api/v1{paths}"),
            # These end the login that the run itself uses, or wait for events on purpose.
            *("--exclude-path-regex", r"auth/(logout|password)|realtime/events"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        env=_environment(),
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert re.search(r"\d+ generated, \d+ passed", done.stdout), done.stdout[-2000:]


def _environment() -> dict[str, str]:
    """A small one, as it is searched for proxies at each request; tables of characters are made once and kept."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(ROOT / ".hypothesis"),
    }
