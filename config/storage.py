"""Where things are kept: the data directory, the secret key in it, the database."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config.environment import url


def data_directory(path: Path) -> Path:
    """The directory, made where it is missing.

    Raises:
        ImproperlyConfigured: it can't be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATA_DIR {str(path)!r} can't be made ({error.strerror}): write a directory that can be written to."
        ) from None
    return path


def kept_secret(path: Path) -> str:
    """The secret in a file that only its owner may read, made at the first start. Safe where several processes start at once."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        pass
    descriptor, scratch = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
            os.link(scratch, path)
    finally:
        os.unlink(scratch)
    return path.read_text(encoding="ascii")


def database(directory: Path, *, pool_size: int) -> dict[str, Any]:
    """The entry for ``DATABASES`` that ``DATABASE_URL`` describes: SQLite below ``directory`` unless it says PostgreSQL.

    Raises:
        ImproperlyConfigured: the URL names something else.
    """
    given = url("DATABASE_URL", _SCHEMES, "postgres://user:password@localhost:5432/livedesk")
    if not given:
        return _sqlite(directory / "livedesk.sqlite3")
    try:
        found = environ.Env.db_url_config(given)
    except (ValueError, ImproperlyConfigured):
        found = {}
    if not found.get("NAME"):
        raise ImproperlyConfigured(
            "DATABASE_URL names no database: write postgres://user:password@host:5432/NAME or sqlite:////path/to/file."
        )
    if urlsplit(given).scheme == "sqlite":
        return _sqlite(Path(found["NAME"]).absolute())
    return _postgresql(found, pool_size)


_SCHEMES = ("sqlite", "postgres", "postgresql")


def _sqlite(file: Path) -> dict[str, Any]:
    """One writer at a time, who waits instead of failing; readers never wait (WAL)."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "CONN_MAX_AGE": None,  # to open it reads the whole schema
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
        },
        # In memory, threads would each have a database of their own.
        "TEST": {"NAME": file.with_name("test-livedesk.sqlite3")},
    }


_WAIT = 10
"""Seconds that a request waits for a connection."""
_UNREACHABLE = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server that vanished without a word is noticed within half a minute, not when the system gives it up."""


def _postgresql(found: dict[str, Any], pool_size: int) -> dict[str, Any]:
    options = {**_UNREACHABLE, **found.get("OPTIONS", {})}
    # While the server is away, the pool waits twice as long before each attempt as before the last; this is where it starts anew.
    again = {"timeout": _WAIT, "reconnect_timeout": _WAIT}
    options["pool"] = {"min_size": 1, "max_size": pool_size, **again}
    # Compiling the plan of a page takes ten times as long as running it.
    options["options"] = " ".join(filter(None, [options.get("options"), "-c jit=off"]))
    # After a restart of the server all connections in the pool are broken: none of them is handed out.
    return {
        **found,
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
    }
