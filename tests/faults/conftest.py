"""The demo that each stage is a copy of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import Desk


@pytest.fixture(scope="session")
def template() -> Iterator[Desk]:
    """The demo in SQLite, to be copied."""
    desk = Desk().create_demo()
    yield desk
    desk.close()
