"""Rows that all tests of a module use, made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction


@contextmanager
def kept_for_the_module(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a fixture with ``scope="module"`` writes while it is in here is there for each test, and gone at the end.

    Each test's own transaction is a savepoint in this one. So no test of the module may commit (``transaction=True``), and
    what it is given of the rows must be copies: a test may change them.
    """
    request.getfixturevalue("django_db_setup")
    with request.getfixturevalue("django_db_blocker").unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
