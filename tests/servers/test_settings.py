"""A setting that makes no sense stops the start with a sentence that says what to write instead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment as env
from config.storage import data_directory, database, kept_secret
from tests.support.nursery import nursery
from tests.support.server import Desk


@pytest.mark.parametrize(
    ("variable", "value", "instead"),
    [
        ("WS_MESSAGE_MAX_SIZE", "big", "WS_MESSAGE_MAX_SIZE is 'big': write a whole number from 1"),
        ("WEBSOCKET_MESSAGES_BURST", "0", "WEBSOCKET_MESSAGES_BURST is '0': write a whole number"),
        ("PRESENCE_GRACE", "nan", "PRESENCE_GRACE is 'nan': write a number from 0"),
        ("WS_COMPRESSION", "maybe", "WS_COMPRESSION is 'maybe': write 1 or 0"),
        ("CORS_ORIGINS", '["example.org"]', "write a JSON list of origins"),
        ("CORS_ORIGINS", "[1]", "write a JSON list of strings"),
        ("THROTTLE_LOGIN", "often", "THROTTLE_LOGIN is 'often': write a number, a slash"),
        ("JWT_ALGORITHM", "none", "JWT_ALGORITHM is 'none': write HS256 or"),
        ("DATABASE_URL", "mysql://root:hidden@db/x", "write a URL such as postgres://"),
        ("DATABASE_URL", "postgres://db", "DATABASE_URL names no database"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL isn't understood"),
        ("DEBUG", "0", "SECRET_KEY is missing"),
        ("DATA_DIR", "/dev/null/x", "write a directory that can be written to"),
    ],
)
def test_the_start_stops_with_a_sentence(
    variable: str, value: str, instead: str, tmp_path: Path
) -> None:
    clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
    environment = {**clean, "DATA_DIR": str(tmp_path), variable: value}
    done = nursery().run(["manage.py", "check"], environment)
    assert done.returncode == 1
    assert done.stderr.startswith("Livedesk can't start: ")
    assert instead in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr


def test_the_second_spelling_counts_where_the_first_is_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECOND", "1")
    assert env.whole("FIRST", 5, also="SECOND") == 1
    monkeypatch.setenv("FIRST", "3")
    assert env.whole("FIRST", 5, also="SECOND") == 3


@pytest.mark.parametrize("given", ['["https://a.example", "http://b.example:8000/"]', "*"])
def test_origins_are_a_list(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("ORIGINS", given)
    expected = ["*"] if given == "*" else ["https://a.example", "http://b.example:8000"]
    assert env.origins("ORIGINS") == expected


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "secret-key"
    made = kept_secret(file)
    assert len(made) >= 50
    assert kept_secret(file) == made
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_sqlite_waits_for_its_one_writer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/desk.sqlite3")
    found = database(tmp_path, pool_size=5)
    assert found["NAME"] == tmp_path / "desk.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert found["OPTIONS"]["timeout"] == 20


def test_postgresql_has_a_pool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@db:5433/desk?sslmode=require")
    found = database(tmp_path, pool_size=5)
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db", 5433, "desk")
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["pool"]["max_size"] == 5


def test_postgresql_that_was_away_is_used_again_soon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The pool's pause before the next attempt doubles for as long as ``reconnect_timeout``; by default that is minutes."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@db:5433/desk?connect_timeout=7")
    found = database(tmp_path, pool_size=5)
    assert found["OPTIONS"]["pool"]["reconnect_timeout"] <= 10
    assert found["CONN_HEALTH_CHECKS"] is True
    assert found["OPTIONS"]["connect_timeout"] == 7
    assert found["OPTIONS"]["tcp_user_timeout"] == 30_000


def test_a_data_directory_in_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="DATA_DIR"):
        data_directory(tmp_path / "file" / "below")


def test_a_start_reads_no_library_that_most_processes_never_use(desk: Desk) -> None:
    """What signs and sends web pushes brings a whole HTTP client: a quarter of a second of each start."""
    code = "import sys, config.urls; print(sorted({'aiohttp', 'pywebpush'} & set(sys.modules)))"
    assert desk.shell(code).strip() == "[]"
