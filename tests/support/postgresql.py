"""PostgreSQL for tests: ``TEST_DATABASE_URL``, else a local server if one answers.

``python -m tests.support.postgresql`` prints the URL, or exits with 1 and the reason why there is none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

_LOCAL = "postgres://postgres@127.0.0.1:5432/postgres"


class NoPostgreSQL(Exception):
    """There is none; the text says why."""


def server_url() -> str:
    """The URL of a database on a server where tests may make databases.

    Raises:
        NoPostgreSQL: none answers.
    """
    url = os.environ.get("TEST_DATABASE_URL") or _LOCAL
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error as error:
        where = "TEST_DATABASE_URL" if "TEST_DATABASE_URL" in os.environ else "127.0.0.1:5432"
        raise NoPostgreSQL(f"no PostgreSQL answers at {where}: {str(error).strip()}") from error
    return url


@contextmanager
def scratch_database() -> Iterator[str]:
    """The URL of a new, empty database, dropped at the end.

    Raises:
        NoPostgreSQL: no server answers.
    """
    url = database_url(f"livedesk_{uuid4().hex[:12]}")
    make_database(url)
    try:
        yield url
    finally:
        drop_database(url)


def make_database(url: str, *, like: str = "") -> None:
    """Makes the database of ``url`` anew: empty, or a copy of the one of ``like``, which nobody uses."""
    copied = f'TEMPLATE "{_name(like)}"' if like else ""
    drop_database(url)
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{_name(url)}" {copied}')


def drop_database(url: str) -> None:
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{_name(url)}" WITH (FORCE)')


def database_url(name: str) -> str:
    return urlunsplit(urlsplit(server_url())._replace(path=f"/{name}"))


def _name(url: str) -> str:
    return urlsplit(url).path.strip("/")


def bare_commit(times: int = 100) -> float:
    """Seconds that a transaction of one small row takes, the median: what PostgreSQL and its disk take by themselves.

    Raises:
        NoPostgreSQL: no server answers.
    """
    took = []
    with scratch_database() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE rows (number integer)")
        for number in range(times):
            begin = perf_counter()
            connection.execute("INSERT INTO rows VALUES (%s)", [number])
            took.append(perf_counter() - begin)
    return median(took)


if __name__ == "__main__":
    try:
        print(server_url())
    except NoPostgreSQL as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
