"""What a process loads."""

from __future__ import annotations

from tests.support.server import Desk


def test_a_command_loads_no_server(desk: Desk) -> None:
    loaded = desk.shell(
        "import sys; print(*sorted({'daphne.server', 'uvicorn'} & set(sys.modules)))"
    )
    assert loaded.strip() == ""
