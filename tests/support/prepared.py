"""Data that takes long to make, made once for all processes of a test run, and copied."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from tests.support.postgresql import database_url, drop_database, make_database

SQLITE_FILE = "livedesk.sqlite3"


class Prepared(NamedTuple):
    """A data directory that nobody works in."""

    folder: Path
    database_url: str
    """Of PostgreSQL; empty: the database is in the folder."""

    def copy_to(self, folder: Path, database_url: str = "") -> None:
        """Into an existing folder; a database on PostgreSQL is made anew."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        if self.database_url:
            make_database(database_url, like=self.database_url)

    def copy_into(self, target: sqlite3.Connection) -> None:
        """The SQLite database, whatever was in that one."""
        source = sqlite3.connect(self.folder / SQLITE_FILE)
        source.backup(target)
        source.close()


def prepared(name: str, make: Callable[[Prepared], None], *, on_postgresql: bool) -> Prepared:
    """What ``make`` makes of an empty folder and the name of a database, in the first process that asks; others wait for it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"livedesk-{name}-{'pg-' * on_postgresql}{run}"
    url = database_url(f"livedesk_{name}_{run}") if on_postgresql else ""
    lock = folder.with_suffix(".lock")
    with FileLock(lock):
        if not folder.exists():
            if url:
                atexit.register(drop_database, url)
            unfinished = Path(tempfile.mkdtemp(prefix=f"livedesk-{name}-"))
            make(Prepared(unfinished, url))
            unfinished.rename(folder)
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            atexit.register(lock.unlink, missing_ok=True)
    return Prepared(folder, url)
